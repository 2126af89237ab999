"""What must add up, for any company."""

from datetime import timedelta
from itertools import combinations

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import AS_OF, described
from valuekit.engine import Engine
from valuekit.tables.published import STAGES

records = st.sampled_from([f"r{i}" for i in range(12)])
past = st.integers(0, 800).map(lambda days: AS_OF - timedelta(days=days))
any_day = st.integers(-800, 400).map(lambda days: AS_OF + timedelta(days=days))


def rows(**columns):
    return st.lists(st.fixed_dictionaries({"record": records, **columns}), max_size=12)


contracts = rows(
    signed_on=st.none() | past,
    starts_on=any_day,
    term=st.none() | st.integers(0, 500),
    cancelled_on=st.none() | past,
    auto_renew=st.none() | st.booleans(),
    amount=st.integers(0, 2000),
    term_months=st.sampled_from([1, 12]),
    kind=st.sampled_from([None, "new", "renewal", "change"]),
).map(lambda terms: [ended(**t) for t in terms])


def ended(term, **contract):
    return {**contract, "ends_on": None if term is None else contract["starts_on"] + timedelta(days=term)}


def refunds_are_negative(payments):
    return [{**p, "kind": "payment" if p["amount"] >= 0 else "refund"} for p in payments]


companies = st.fixed_dictionaries(
    {
        "records": st.lists(
            st.fixed_dictionaries(
                {"record": records, "role": st.sampled_from([None, None, "served", "supplier", "internal", "test"])}
            ),
            unique_by=lambda r: r["record"],
        ),
        "engagements": rows(engaged_on=past, kind=st.sampled_from(["campaign", "trial_start", "trial_end"])),
        "opportunities": rows(opened_on=past, closed_on=past, status=st.sampled_from(["open", "won", "lost"])),
        "contracts": contracts,
        "payments": rows(paid_on=past, amount=st.integers(-100, 200)).map(refunds_are_negative),
        "orders": rows(ordered_on=past, amount=st.integers(-100, 200)),
        "usage": rows(used_on=past).map(lambda use: list({tuple(u.items()): u for u in use}.values())),
    }
)


@settings(max_examples=15, deadline=None)
@for_all(companies)
def test_any_company_adds_up(company):
    engine = described(**company)
    assert_everybody_is_in_one_stage(engine)
    assert_customers_are_active_or_inactive(engine)
    assert_customers_are_outside_and_have_paid(engine)
    assert_differences_add_up(engine)


def assert_everybody_is_in_one_stage(engine: Engine) -> None:
    parties = engine.count("parties")
    assert engine.count("facts") == engine.count("stages") == parties
    assert engine.scalar("SELECT COUNT(DISTINCT party_id) FROM stages") == parties
    assert {row[0] for row in engine.rows("SELECT DISTINCT stage FROM stages")} <= set(STAGES)


def assert_customers_are_active_or_inactive(engine: Engine) -> None:
    active, inactive = (
        engine.scalar("SELECT COUNT(*) FROM stages WHERE stage = $s", {"s": s}) for s in ("active", "inactive")
    )
    assert active + inactive == engine.scalar("SELECT members FROM definitions WHERE headline")


def assert_customers_are_outside_and_have_paid(engine: Engine) -> None:
    """And no party that is known has entered its stage in the future."""
    assert not engine.rows("""
        SELECT * FROM facts JOIN stages USING (party_id)
        WHERE stage IN ('active', 'inactive')
          AND (is_internal OR (paid <= 0 AND ordered <= 0) OR NOT (has_contract OR orders > 0))
    """)
    assert not engine.rows("SELECT * FROM facts JOIN stages USING (party_id) WHERE since > as_of")


def assert_differences_add_up(engine: Engine) -> None:
    """Only in a, and in both: together the members of a; and likewise b."""
    members = dict(engine.rows("SELECT definition, members FROM definitions WHERE kind = 'team'"))
    assert members == dict.fromkeys(members, 0) | dict(
        engine.rows(
            "SELECT definition, COUNT(*) FROM memberships JOIN definitions USING (definition) WHERE kind = 'team' "
            "GROUP BY definition"
        )
    )
    cells = {
        (a, b, side): n
        for a, b, side, n in engine.rows(
            "SELECT definition_a, definition_b, side, SUM(parties) FROM reconciliation "
            "WHERE as_of = (SELECT MAX(as_of) FROM reconciliation) GROUP BY ALL"
        )
    }
    in_order = [key for (key,) in engine.rows("SELECT definition FROM definitions WHERE kind = 'team' ORDER BY bit")]
    for a, b in combinations(in_order, 2):
        only_a, only_b, both = (cells.get((a, b, side), 0) for side in ("only_a", "only_b", "both"))
        assert (only_a + both, only_b + both) == (members[a], members[b])
