from collections.abc import Callable, Iterator
from datetime import date

import pyarrow as pa
import pytest

from tests.engines import fresh_engine
from valuekit.cashflow import settle
from valuekit.engine import Engine
from valuekit.ltv import FittedModel, ValueRules, value
from valuekit.tables import CANONICAL, PUBLISHED, Column, accepted

AS_OF = date(2026, 6, 30)

SETTLED = {
    "settled_bills": "bill BIGINT, party_id VARCHAR, issued_on DATE, sign INTEGER, worth BIGINT, taxed BIGINT",
    "settled_states": "bill BIGINT, day DATE, next_day DATE, received BIGINT, credited BIGINT, written_off BIGINT, "
    "open BIGINT, disputed BIGINT, is_owed BOOLEAN, is_unknown BOOLEAN",
    "settled_money": "n INTEGER, bill BIGINT, paid_on DATE, kind VARCHAR, money BIGINT",
    "settled_parties": "n INTEGER, party_id VARCHAR",
}
"""What is read of settled bills, of a company that has none."""


class World:
    """A small company in an engine: every table exists; rows are added one by one or by a SELECT."""

    def __init__(self, as_of: date = AS_OF) -> None:
        self._engine, self.as_of, self._ids = fresh_engine(), as_of, 0
        self._rows: dict[str, list[dict[str, object]]] = {}
        for table in CANONICAL.values():
            names = ("referrer_party_id", "referred_party_id") if table.name == "referrals" else ("party_id",)
            self.engine.make_empty(accepted(table).plus(*(Column(name, "VARCHAR", "Party") for name in names)))
        for name in ("parties", "facts", "stages", "cash_months", "cash"):
            self.engine.make_empty(PUBLISHED[name])
        for name, columns in SETTLED.items():
            self.engine.execute(f"CREATE TABLE {name} ({columns})")

    @property
    def engine(self) -> Engine:
        """The engine, with all rows that were added."""
        for table, rows in self._rows.items():
            names = dict.fromkeys(name for row in rows for name in row)
            self._engine.put("added", pa.table({name: [_text(row.get(name)) for row in rows] for name in names}))
            self._engine.execute(f"INSERT INTO {table} BY NAME SELECT * FROM added")
            self._engine.drop("added")
        self._rows = {}
        return self._engine

    def add(self, table: str, **row: object) -> None:
        """Add a row; rows are kept until somebody looks, and then inserted together."""
        self._rows.setdefault(table, []).append(row)

    def add_all(self, table: str, select: str) -> None:
        """Insert the rows of a SELECT, by name."""
        self.engine.execute(f"INSERT INTO {table} BY NAME {select}")

    def party(
        self, party_id: str, stage: str = "active", *, paid: str | None = None, contract: bool | None = False
    ) -> None:
        self.add("stages", party_id=party_id, stage=stage)
        self.add("facts", party_id=party_id, first_paid_on=paid, has_contract=contract)

    def order(
        self, party_id: str, day: str, amount: float, *, name: str | None = None, returns: str | None = None
    ) -> None:
        self.add(
            "orders", system="shop", id=name or self._next(), party_id=party_id, ordered_on=day, amount=amount,
            reporting_amount=amount, returns_order=returns,
        )  # fmt: skip

    def contract(
        self, party_id: str, starts: str, ends: str | None, price: float, months: int, *,
        cancelled: str | None = None, kind: str | None = "new",
    ) -> None:  # fmt: skip
        self.add(
            "contracts", system="crm", id=self._next(), party_id=party_id, signed_on=min(starts, str(self.as_of)),
            starts_on=starts, ends_on=ends, cancelled_on=cancelled, auto_renew=months == 1, amount=price,
            reporting_amount=price, term_months=months, kind=kind,
        )  # fmt: skip

    def bill(
        self, party_id: str, day: str, amount: float, *paid: tuple[str, float], status: str = "open", tax: float = 0
    ) -> None:
        """Add an invoice, with what was paid of it on which days; `settle` makes of it what is owed."""
        number = self._next()
        whole = {"currency": "EUR", "amount": amount, "reporting_amount": amount, "reporting_tax": tax}
        self.add(
            "invoices",
            system="billing",
            id=number,
            party_id=party_id,
            issued_on=day,
            due_on=day,
            status=status,
            **whole,
        )
        for paid_on, part in paid:
            self.add(
                "payments", system="billing", id=self._next(), party_id=party_id, invoice=number, paid_on=paid_on,
                kind="payment", **whole | {"amount": part, "reporting_amount": part, "reporting_tax": 0},
            )  # fmt: skip

    def settle(self) -> None:
        self.engine.execute("INSERT INTO parties BY NAME SELECT party_id FROM stages")
        settle(self.engine, as_of=self.as_of)

    def cash(self, party_id: str, month: str, **lines: float) -> None:
        zeros = dict.fromkeys(
            ("revenue", "refunds", "cost_of_goods", "retention", "sales", "support", "incentives", "other"), 0.0
        )
        self.add("cash_months", party_id=party_id, month=month, net_cash=sum(lines.values()), **(zeros | lines))

    def value(self, **settings: object) -> list[FittedModel]:
        return value(self.engine, as_of=self.as_of, rules=ValueRules(**settings))

    def stream(self, party_id: str, stream: str = "revenue") -> list[float]:
        """Cash of the ten years of one cube row; empty when there is none."""
        years = ", ".join(f"year_{k}" for k in range(1, 11))
        sql = f"SELECT {years} FROM cube WHERE party_id = $p AND stream = $s"
        rows = self.engine.rows(sql, {"p": party_id, "s": stream})
        return [float(cell) for cell in rows[0]] if rows else []

    def ltv(self, party_id: str) -> dict[str, object]:
        table = self.engine.query("SELECT * FROM ltv WHERE party_id = $p", {"p": party_id})
        return table.to_pylist()[0]

    def _next(self) -> str:
        self._ids += 1
        return f"{self._ids:06d}"


def _text(value: object) -> str | None:
    """What any column reads: the engine makes of it what the column holds."""
    return None if value is None else str(value)


@pytest.fixture
def world() -> Iterator[World]:
    small = World()
    yield small
    small.engine.close()


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**settings: object) -> World:
        made.append(World(**settings))
        return made[-1]

    yield make
    for one in made:
        one.engine.close()
