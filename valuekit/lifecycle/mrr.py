"""Monthly recurring revenue: what it is at each month end, and how it moves from one to the next."""

from valuekit.engine import Engine
from valuekit.lifecycle.policies import Policies
from valuekit.tables import Column, Table

PACKAGE = "valuekit.lifecycle"


def move_mrr(engine: Engine, policies: Policies) -> None:
    """Say how monthly recurring revenue moves from each month end to the next.

    Reads `month_ends`, `running_terms`, `contract_terms`, `contracts`, `brief_terms`, `stages`, `fx_rates`; with
    `past_due_days` also the settlement of the invoices (see `cashflow.settle`).
    Makes `mrr_movements` (party, month, kind) and `mrr_months` (begin + movements = end, exactly); beside them
    `past_due`, `mrr_terms`, `mrr_rates`, `mrr_balances` and `mrr_moves`.

    A balance in another currency is never summed as it stands: it is valued at the rate of signature or of the month
    end. Within a party and a currency, what grew is valued at the rate of now and what shrank at the rate of before;
    the rest of the change is `fx`. So no churn or contraction exceeds what was there at the begin.
    """
    if policies.past_due_days is None:
        engine.make_empty(PAST_DUE)
    else:
        engine.run(PACKAGE, "past_due.sql", policies.parameters)
    for file in ("mrr_terms.sql", "mrr.sql", "mrr_months.sql"):
        engine.run(PACKAGE, file, policies.parameters)


PAST_DUE = Table(
    "past_due",
    "run of days on which an invoice is owed for longer than the policy allows",
    (
        Column("party_id", "VARCHAR", "Party", required=True),
        Column("contract", "VARCHAR", "Contract term that the invoice names"),
        Column("from_day", "DATE", "First of the days", unit="date", required=True),
        Column("until_day", "DATE", "The day after the last of them", unit="date", required=True),
    ),
)
