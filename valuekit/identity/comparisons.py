"""What is compared of two profiles, and how much each degree of agreement says.

A comparison has levels, the best first. Each level has two weights: `m`, how often two records of one party look so,
and `u`, how often two records of different parties do; they are data, in `weights.json`, with their origin. A level
with a term frequency takes for `u` how common the very value is in this company: to share a rare name says more.

Reference: Fellegi and Sunter (1969), A theory for record linkage, as splink computes it.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Level:
    """One degree of agreement: `{c}_l` and `{c}_r` in `sql` are the two sides; `frequency` names a column."""

    key: str
    words: str
    sql: str
    frequency: str | None = None
    least_u: float = 0.0
    """A value is never held to be rarer than this."""
    others: float = 0.0
    """With how many parties one shares such a value though they are others: colleagues, branches, people of one house.
    Their number does not grow with the company; so `u` is this number by all."""


@dataclass(frozen=True)
class Comparison:
    """Degrees of agreement in one respect, the best first; `missing` says when nothing can be said."""

    name: str
    missing: str
    levels: tuple[Level, ...]


def _either(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _one_letter(column: str, most: int) -> str:
    """So few letters changed, left out, added or swapped; the cheap questions first."""
    a, b = f"{column}_l", f"{column}_r"
    return (
        f"(ABS(LENGTH({a}) - LENGTH({b})) <= {most} AND JARO_WINKLER_SIMILARITY({a}, {b}) >= 0.8 "
        f"AND DAMERAU_LEVENSHTEIN({a}, {b}) <= {most})"
    )


_DIFFERENT = "ELSE"

COMPARISONS = (
    Comparison(
        "name",
        _either("name"),
        (
            Level("same", "same name", "name_l = name_r", "name", 1e-6),
            Level(
                "typo",
                "name but for a typo",
                "LENGTH(name_l) > 4 AND (JARO_WINKLER_SIMILARITY(name_l, name_r) >= 0.95 "
                f"OR {_one_letter('name', 1)})",
            ),
            Level(
                "part", "one name within the other", "LIST_HAS_ALL(words_l, words_r) OR LIST_HAS_ALL(words_r, words_l)"
            ),
            Level("similar", "similar name", "JARO_WINKLER_SIMILARITY(name_l, name_r) >= 0.88"),
            Level("word", "a word of the name", "LIST_HAS_ANY(words_l, words_r)"),
            Level("different", "other name", _DIFFERENT),
        ),
    ),
    Comparison(
        "address",
        f"({_either('emails')}) AND ({_either('site')})",
        (
            Level("same", "same e-mail address", "LIST_HAS_ANY(emails_l, emails_r)"),
            Level("typo", "e-mail address but for a typo", f"LENGTH(email_l) > 9 AND {_one_letter('email', 1)}"),
            Level("site", "same domain", "site_l = site_r", "site", others=5),
            Level("mailbox", "same mailbox elsewhere", "mailbox_l = mailbox_r", "mailbox", 1e-4),
            Level("different", "other e-mail or domain", _DIFFERENT),
        ),
    ),
    Comparison(
        "phone",
        _either("phones"),
        (
            Level("same", "same phone", "LIST_HAS_ANY(phones_l, phones_r)", others=2),
            Level("different", "other phone", _DIFFERENT),
        ),
    ),
    Comparison(
        "tax_id",
        _either("tax_ids"),
        (
            Level("same", "same tax number", "LIST_HAS_ANY(tax_ids_l, tax_ids_r)"),
            Level("typo", "tax number but for a typo", "LEVENSHTEIN(tax_ids_l[1], tax_ids_r[1]) <= 1"),
            Level("different", "other tax number", _DIFFERENT),
        ),
    ),
    Comparison(
        "place",
        f"({_either('postcode')}) AND ({_either('city')})",
        (
            Level("postcode", "same postcode", "postcode_l = postcode_r", "postcode", 1e-5),
            Level("city", "same town", "city_l = city_r", "city", 1e-4),
            Level("area", "postcodes of one area", "LEFT(postcode_l, 3) = LEFT(postcode_r, 3)"),
            Level(
                "similar",
                "similar town",
                "JARO_WINKLER_SIMILARITY(city_l, city_r) >= 0.9 "
                "OR CONTAINS(city_l, city_r) OR CONTAINS(city_r, city_l)",
            ),
            Level("different", "other place", _DIFFERENT),
        ),
    ),
    Comparison(
        "born_on",
        _either("born_on"),
        (
            Level("same", "born on the same day", "born_on_l = born_on_r", "born_on", 1e-5),
            Level("typo", "day of birth but for a digit", "LEVENSHTEIN(born_on_l, born_on_r) <= 1"),
            Level("near", "born in the same month, or day and month swapped",
                  "LEVENSHTEIN(born_on_l, born_on_r) <= 2 OR LEFT(born_on_l, 7) = LEFT(born_on_r, 7)"),
            Level("year", "born in the same year", "LEFT(born_on_l, 4) = LEFT(born_on_r, 4)"),
            Level("different", "born on another day", _DIFFERENT),
        ),
    ),
)  # fmt: skip


@cache
def weights() -> dict[str, dict[str, list[float]]]:
    """Return `[m, u]` of every level, by comparison and level."""
    text = files("valuekit.identity").joinpath("weights.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[float]]] = json.loads(text)["weights"]
    return found


def settings(size: int, expected_matches: float) -> dict[str, Any]:
    """Return the comparisons as splink takes them, for `size` profiles of which each has so many of the same party."""
    return {
        "link_type": "dedupe_only",
        "probability_two_random_records_match": expected_matches / size,
        "blocking_rules_to_generate_predictions": ["l.unique_id = r.unique_id"],  # pairs are given
        "comparisons": [_splink_comparison(c, size) for c in COMPARISONS],
        "retain_matching_columns": True,  # the only way to keep the levels
    }


def _splink_comparison(comparison: Comparison, size: int) -> dict[str, Any]:
    missing = {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    levels = [_splink_level(level, size, *weights()[comparison.name][level.key]) for level in comparison.levels]
    return {"output_column_name": comparison.name, "comparison_levels": [missing, *levels]}


def _splink_level(level: Level, size: int, m: float, u: float) -> dict[str, Any]:
    found = {
        "sql_condition": level.sql,
        "label_for_charts": level.words,
        "m_probability": m,
        "u_probability": level.others / size or u,
    }
    if level.frequency:
        least = max(level.least_u, level.others / size)
        found |= {"tf_adjustment_column": level.frequency, "tf_minimum_u_value": least}
    return found


def alike_sql() -> str:
    """Return SQL that says whether two profiles agree in what is their own.

    A domain, a phone and an address may all be those of a house: whoever agrees in them alone is perhaps a colleague.
    """
    own = (("name", "similar"), ("address", "same"), ("tax_id", "same"), ("born_on", "typo"))
    return " OR ".join(f"gamma_{comparison} >= {_number(comparison, level)}" for comparison, level in own)


def _number(comparison: str, key: str) -> int:
    """The number that splink gives a level: 0 is the last."""
    keys = next([level.key for level in c.levels] for c in COMPARISONS if c.name == comparison)
    return len(keys) - 1 - keys.index(key)


def levels_sql() -> str:
    """Return the columns in which splink gives the level of each comparison."""
    return ", ".join(f"gamma_{c.name}" for c in COMPARISONS)


def evidence_sql() -> str:
    """Return SQL that says in words what agrees and what differs, from splink's level numbers."""
    return f"CONCAT_WS(', ', {', '.join(_words_sql(c) for c in COMPARISONS)})"


def _words_sql(comparison: Comparison) -> str:
    best = len(comparison.levels) - 1
    cases = " ".join(f"WHEN {best - i} THEN '{level.words}'" for i, level in enumerate(comparison.levels))
    return f"CASE gamma_{comparison.name} {cases} END"
