"""Receivables: who pays on time, and what is billed and not paid yet."""

from valuekit.tables.published.columns import count, day, money, number, party, yes
from valuekit.tables.schema import Column, Table

PAYING_ON_TIME = Table(
    "paying_on_time",
    "outside party with invoices; void ones are left out",
    (
        party(),
        count("due", "Invoices that fell due in the last 12 months and before the as-of date"),
        count("unknown", "Further ones that are called paid and have no payment: nobody knows when"),
        count("on_time", "Of those due: settled by their due day"),
        money("amount_due", "Amount of those due, credit notes taken off"),
        money("amount_on_time", "What was paid of it by the due days, chargebacks taken off"),
        number("on_time_rate", "on_time / due; missing where nothing fell due", "share"),
        number("on_time_share", "amount_on_time / amount_due", "share"),
        number("mean_days_late", "Mean days from due day to settlement, early is 0; unpaid counts to the as-of date",
               "days"),
        number("weighted_days_late", "The same, weighted by amount", "days"),
        yes("at_least", "Something due is not settled: the true days late are at least these"),
        money("overdue", "Open and past its due day, of all invoices"),
        day("oldest_due_on", "Due day of the oldest of these"),
        number("oldest_days_overdue", "Days from there to the as-of date: at least so many", "days"),
        number("weighted_days_overdue", "Age of what is overdue, weighted by amount: at least so many", "days"),
        money("disputed", "Charged back and not paid again"),
        money("written_off", "Unpaid of invoices that are uncollectible"),
        money("overpaid", "Paid beyond the invoices' amounts and not given back or credited"),
        money("credited", "Credit notes, negative"),
        money("without_invoice", "Payments that name no invoice that is owed"),
    ),
    key=("party_id",),
)  # fmt: skip


RECEIVABLES = Table(
    "receivables",
    "month end, or the as-of date",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "The month is over"),
        money("open", "Billed and not paid, without disputed and written off; open credit notes are negative"),
        money("current", "Not due yet, or without a due day"),
        money("overdue_1_30", "1 to 30 days past the due day"),
        money("overdue_31_60", "31 to 60 days past the due day"),
        money("overdue_61_90", "61 to 90 days past the due day"),
        money("overdue_over_90", "More than 90 days past the due day; the five add up to open"),
        money("disputed", "Charged back and not paid again"),
        money("written_off", "Unpaid of invoices that are uncollectible today"),
        money("credit_sales", "Invoices less credit notes in the window of days up to this day"),
        money("unknown", "Of these: called paid without a payment; where it is more than a tenth, no days are given"),
        money("without_invoice", "Payments in the window that name no invoice that is owed"),
        number("dso", "Days sales outstanding: open / credit_sales x days; missing where it is not known", "days"),
        number("best_possible_dso", "current / credit_sales x days", "days"),
        number("average_days_delinquent", "dso - best_possible_dso", "days"),
    ),
    key=("as_of",),
)
