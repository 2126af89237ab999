"""Who the parties are, and how their records came together."""

from valuekit.tables.published.columns import count, day, number, party, text, yes
from valuekit.tables.schema import Table

PARTIES = Table(
    "parties",
    "party",
    (
        party(),
        text("name", "Name, from the oldest record that has one", required=False),
        text("label", "What people call it: its name, or else system and record of its oldest record"),
        text("kind", "person, organisation or group", required=False),
        text("role", "What it is to the company: buyer, served, supplier, partner, internal or test"),
        yes("is_supplier", "Some record says supplier or partner"),
        count("records", "Records merged into it"),
        text("systems", "Systems that know it, joined by `, `"),
        yes("in_review", "One of its records looks like a record of another party, and nobody has decided yet"),
        day("created_on", "Day of its oldest record"),
    ),
    key=("party_id",),
)


PARTY_RECORDS = Table(
    "party_records",
    "party record",
    (text("system", "System"), text("record", "Record in that system"), party()),
    key=("system", "record"),
)


PARTY_ALIASES = Table(
    "party_aliases",
    "party id of a former run that is no party's id any more",
    (
        text("former_id", "The id that was"),
        party(),
        text("reason", "`merged`: its records went to an older party. `undone`: its records went to several"),
    ),
    key=("former_id",),
)


MERGE_LOG = Table(
    "merge_log",
    "pair of records that a rule joined",
    (
        party(),
        text("system", "System of the joined record"),
        text("record", "Joined record"),
        text("to_system", "System of the record it was joined to"),
        text("to_record", "Record it was joined to"),
        text("rule", "Rule: decision, link, billing_id, tax_id, email, domain_name, match or unit"),
        text("evidence", "The value that both records share, or what a match agrees and differs in"),
        number("probability", "Probability of a match; missing for exact keys", "probability"),
    ),
)


REVIEW_PAIRS = Table(
    "review_pairs",
    "pair of records that looks like one party and was not merged",
    (
        text("system", "System of the first record"),
        text("record", "First record"),
        text("to_system", "System of the second record"),
        text("to_record", "Second record"),
        text("rule", "Rule that matched them"),
        text("evidence", "The value that both records share"),
        text("reason", "Why they were not merged, such as two billing ids"),
        number("probability", "Probability of a match; missing for exact keys", "probability"),
    ),
)
