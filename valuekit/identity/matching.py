"""Likely matches: how probable it is that two parties that share no exact key are one, by everything that they show.

splink computes the probabilities on the engine; which profiles are compared, and what follows, is decided here.
"""

from dataclasses import dataclass

from valuekit.engine import Engine
from valuekit.identity.comparisons import alike_sql, evidence_sql, levels_sql, settings

MOST_COMPARED = 50
"""A loose key that more profiles share than this is passed over, and reported."""

EXPECTED_MATCHES = 1.0
"""Other profiles of the same party that a profile is expected to have, before anything is compared."""

_STRANGERS = 1000
"""Added to every company, as in profiles.sql."""

_PACKAGE = "valuekit.identity"
_FREQUENCIES = ("name", "site", "mailbox", "city", "postcode", "born_on")


@dataclass(frozen=True)
class Matching:
    """What is done with likely matches: join, show to a person, or nothing."""

    enabled: bool = True
    join_above: float = 0.90
    review_above: float = 0.60


def find_matches(engine: Engine, matching: Matching, shared_domains: list[str], most_shared: int) -> None:
    """Compare the parties that exact keys made.

    Reads `identity_records`, `identity_names`, `identity_emails`, `identity_domains` and `identity_cores`.
    Makes `identity_matches`: the likeliest pair of each two parties whose probability reaches `review_above` (`low` and
    `high` are records), and `identity_passed_over`: loose keys that too many share, by kind.
    """
    engine.run(_PACKAGE, "profiles.sql", {"shared_domains": shared_domains, "most_shared": most_shared})
    engine.run(_PACKAGE, "candidates.sql", {"most_compared": MOST_COMPARED})
    if engine.count("identity_pairs"):
        score(engine, matching.review_above)
    else:
        engine.run(_PACKAGE, "no_pairs.sql")
    engine.run(_PACKAGE, "matches.sql", {"most_compared": MOST_COMPARED, "join_above": matching.join_above})


def score(engine: Engine, at_least: float) -> None:
    """Put the probability of every pair of `identity_pairs` that reaches `at_least` into `identity_scored`.

    Reads `identity_profiles` and the frequency of their values, `identity_tf_<column>`.
    """
    # A command that matches nothing need not load splink.
    from splink import DuckDBAPI, Linker  # noqa: PLC0415 - takes a second to load, which other commands need not wait for

    size = engine.count("identity_profiles") + _STRANGERS
    with engine.lend() as connection:
        database = DuckDBAPI(connection=connection)
        linker = Linker(database.register("identity_profiles"), settings(size, EXPECTED_MATCHES), log_level=None)
        for column in _FREQUENCIES:
            frequency = database.register(f"identity_tf_{column}")
            linker.table_management.register_term_frequency_lookup(frequency, column)
        pairs = database.register("identity_pairs")
        linker.table_management.register_blocked_pairs_for_predict(pairs)
        scored = linker.inference.predict(threshold_match_probability=at_least, warning_mode="never")
        engine.execute(
            "CREATE OR REPLACE TABLE identity_scored AS "
            f"SELECT unique_id_l, unique_id_r, match_weight, match_probability, {levels_sql()}, "
            f"{alike_sql()} AS alike, {evidence_sql()} AS evidence FROM {scored.physical_name}"
        )
        linker.table_management.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]  # splink does not type it
