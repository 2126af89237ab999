"""Is there one customer list here? The four questions that reveal it, answered from a snapshot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import Row, named_rows
from valuekit.tables.published import CUSTOMER_STAGES, TEAMS

Unit = Literal["count", "share"]
Rows = Callable[[str], list[Row]]


@dataclass(frozen=True)
class Number:
    """One number of an answer, with the words that it must never stand without."""

    label: str
    value: float | int | None
    unit: Unit = "count"


@dataclass(frozen=True)
class Answer:
    """A question, whether the data can answer it with certainty, and the answer with its numbers."""

    question: str
    certain: bool
    answer: str
    numbers: list[Number]


def diagnose(snapshot: Snapshot) -> list[Answer]:
    """Answer the four questions: how many customers, how many acquired, who is active, what is churn.

    Reads the definitions of the headline and of the four teams, the reconciliation between them, the movements and the
    churns of the last complete month, and the stages. A number that the snapshot does not hold is not guessed: the
    answer is then not certain, and says what is missing.
    """
    parameters = {
        "as_of": snapshot.manifest.as_of,
        "teams": list(TEAMS),
        "customer_stages": list(CUSTOMER_STAGES),
    }
    with snapshot.engine() as engine:

        def rows(step: str) -> list[Row]:
            return named_rows(engine, "diagnosis.sql", step, parameters)

        return [_how_many(rows), _acquired(rows), _who_is_active(rows), _churn(rows)]


def _how_many(rows: Rows) -> Answer:
    question = "How many customers do we have, and does everybody give the same number?"
    counts, found = rows("counts"), rows("differences")[0]
    numbers = [Number(f"{r['label']} ({r['owner']}, by {r['system']})", r["members"]) for r in counts]
    known = [r["members"] for r in counts if not r["not_countable"]]
    headline = next((r for r in counts if r["headline"]), None)
    if headline is None or headline["not_countable"] or not found["cells"]:
        return Answer(question, False, "Not yet: no number is agreed on, or the lists were not compared.", numbers)
    open_ = [r["label"] for r in counts if r["status"] != "agreed"]
    numbers += [Number("Differences to the headline, all teams", int(found["different"])),
                Number("of these unexplained", int(found["unexplained"]))]  # fmt: skip
    words = f"{headline['members']:,} by the agreed definition. Teams count from {min(known):,} to {max(known):,}"
    words += f"; {_explained(int(found['different']), int(found['unexplained']))}"
    words += f". Not agreed on yet: {', '.join(open_)}." if open_ else "."
    return Answer(question, not open_ and not found["unexplained"], words, numbers)


def _explained(different: int, unexplained: int) -> str:
    if not different:
        return "their lists are the same"
    if not unexplained:
        return f"each of the {different:,} differences has its reason"
    return f"{unexplained:,} of {different:,} differences have no reason yet"


def _acquired(rows: Rows) -> Answer:
    question = "How many customers did we acquire last month?"
    found = rows("acquired")
    if not found or not found[0]["headline"]:
        return Answer(question, False, "Not yet: no complete month is on record.", [])
    first, dated = found[0], [r for r in found if r["acquired"] is not None]
    numbers = [Number(f"{r['label']} ({r['owner']}), dated by {r['event_on']}", r["acquired"]) for r in dated]
    if first["acquired"] is None:
        return Answer(question, False, f"Not yet: {first['label']} has no day from which a party counts.", numbers)
    words = f"{first['acquired']:,} in {_month(first['as_of'])}, by the headline ({first['label']}). "
    words += "Each other definition has its own day that counts, and so its own number."
    return Answer(question, True, words, numbers)


def _who_is_active(rows: Rows) -> Answer:
    question = "Which customers are active, and which pay without using the product?"
    found = rows("customers")
    active = sum(r["parties"] for r in found if r["stage"] == "active")
    inactive = sum(r["parties"] for r in found if r["stage"] == "inactive")
    blind = any(r["reason"] == "use_not_recorded" for r in found)
    numbers = [Number(_words(r["stage"], r["reason"]), r["parties"]) for r in found]
    if blind or not found:
        missing = "no use of the product is on record" if blind else "there are no customers"
        return Answer(question, False, f"Not yet: {missing}.", numbers)
    words = f"{active:,} are active and {inactive:,} are customers who do not use it; together {active + inactive:,}. "
    return Answer(question, True, words + "Every one of them can be listed by name.", numbers)


def _churn(rows: Rows) -> Answer:
    question = "What is our churn rate?"
    found = rows("churn")
    if not found or found[0]["payment_churn_rate"] is None or found[0]["usage_churn_rate"] is None:
        return Answer(question, False, "Not yet: no complete month has both payments and use to lose.", [])
    (row,) = found
    words = (
        f"Two numbers, never one between them. In {_month(row['as_of'])}, {_share(row['payment_churn_rate'])} of those "
        f"who paid stopped paying ({row['stopped_paying']:,} of {row['paying_begin']:,}), and "
        f"{_share(row['usage_churn_rate'])} of those who used the product stopped using it "
        f"({row['stopped_using']:,} of {row['using_begin']:,}); {row['stopped_both']:,} did both."
    )
    return Answer(question, True, words, _churn_numbers(row))


def _churn_numbers(row: Row) -> list[Number]:
    numbers = [
        Number("Payment churn", row["payment_churn_rate"], "share"),
        Number("Usage churn", row["usage_churn_rate"], "share"),
        Number("Stopped paying only", row["stopped_paying"] - row["stopped_both"]),
        Number("Stopped using only", row["stopped_using"] - row["stopped_both"]),
        Number("Stopped both", row["stopped_both"]),
    ]
    revenue = (
        ("Gross churn of recurring revenue", "gross_churn_rate"),
        ("Net churn of recurring revenue", "net_churn_rate"),
    )
    return numbers + [Number(label, row[name], "share") for label, name in revenue if row[name] is not None]


def _words(*parts: str | None) -> str:
    return ", ".join(p.replace("_", " ") for p in parts if p)


def _month(day: date) -> str:
    return f"{day:%B} {day.year}"


def _share(value: Any) -> str:
    return f"{100 * value:.1f}%"


def certain_answers(answers: Sequence[Answer]) -> int:
    """Count the questions that the data answer with certainty.

    >>> certain_answers([Answer("How many?", True, "5", []), Answer("Churn?", False, "Not yet", [])])
    1
    """
    return sum(a.certain for a in answers)
