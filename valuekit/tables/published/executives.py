"""Every executive's measure of the best customer, and what they agree on."""

from valuekit.tables.published.columns import count, number, party, text, yes
from valuekit.tables.schema import Column, Table

MEASURES = Table(
    "measures",
    "executive's measure of the best customer",
    (
        text("measure", "Key"),
        text("requirement", "Row of the product specification, B1 to B12"),
        text("executive", "CCO, CPO, CMO, CRO or CFO"),
        text("label", "Name for people"),
        text("sentence", "Definition, in one sentence"),
        text("unit", "Unit of the value"),
        yes("high_is_best", "False where a low value is best"),
        text("not_rankable", "Why the measure cannot be taken of anybody; empty when it can", required=False),
        count("ranked", "Customers that it ranks"),
        number("weight", "Weight in the consensus", "share"),
    ),
    key=("measure",),
)


RANKINGS = Table(
    "rankings",
    "current customer and measure that ranks it",
    (
        party(),
        text("measure", "Measure"),
        Column("value", "DOUBLE", "Value of the measure, in its unit", required=True),
        Column(
            "rank",
            "DOUBLE",
            "Rank; 1 is best; customers equal in value and tie-break share their mean rank",
            required=True,
        ),
    ),
    key=("party_id", "measure"),
)


AGREEMENT = Table(
    "agreement",
    "pair of measures",
    (
        text("measure_a", "First measure"),
        text("measure_b", "Second measure"),
        count("common", "Customers that both rank"),
        count("top_n", "How many of the best are compared"),
        number("overlap", "Share of the top N that both name", "share"),
        number(
            "kendall_tau_b",
            "Kendall tau-b over the common customers (above 50,000: over a sample of so many)",
            "correlation",
        ),
    ),
    key=("measure_a", "measure_b"),
)


CONSENSUS = Table(
    "consensus",
    "current customer",
    (
        party(),
        number("score", "Weighted mean Borda score over the measures that rank it; 1 is best, 0 is worst", "score"),
        count("measures", "Measures that rank it"),
        Column("rank", "BIGINT", "Rank by score; missing when measures with less than half of the weight rank it"),
    ),
    key=("party_id",),
)
