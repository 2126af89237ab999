"""A random but internally consistent company that fills every published table: what the front end is tested on.

Stages partition the parties, memberships follow the definitions, the books tie out, cash is the sum of its months, the
lifetime value is the discounted cube, tiers follow the value. Nothing here is a result of valuekit: it is a stand-in.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import kendalltau

from tests.fake_cash import fill_cash
from tests.fake_history import REASON_RULES, fill_history, fill_registers
from valuekit.engine import Engine, quote
from valuekit.snapshot import Manifest, SourceFile, publish
from valuekit.snapshot.manifest import StageRule
from valuekit.tables import PUBLISHED
from valuekit.tables.published import BOOK_LINES, CASH_LINES, HORIZON_YEARS, MARKETING_LINES, STREAMS, VALUED_STAGES

AS_OF = date(2026, 6, 30)
TOP_N = 20
SUBSCRIPTION_STAGES = {
    "prospect": 0.22, "signed_unpaid": 0.03, "active": 0.38, "inactive": 0.08, "lapsed_paying": 0.02, "churned": 0.15,
    "paid_without_contract": 0.02, "contact": 0.05, "served": 0.02, "supplier": 0.02, "internal": 0.01,
}  # fmt: skip
RETAIL_STAGES = {"active": 0.24, "inactive": 0.31, "churned": 0.45}
REASONS = {
    "prospect": ("trial", "lead", "open_deal"),
    "inactive": ("no_recent_use", "onboarding"),
    "churned": ("lapsed", "cancelled"),
}
INTERVAL = ", ".join(
    ["CAST(spread / 4 AS DECIMAL(18,4)) AS deviation_by_parameters", "CAST(spread AS DECIMAL(18,4)) AS deviation"]
    + [
        f"CAST(ltv {sign} {width} * spread AS DECIMAL(18,4)) AS {side}_{level}"
        for level, width in ((50, 0.67), (80, 1.28), (95, 1.96))
        for side, sign in (("low", "-"), ("high", "+"))
    ]
)
ADJECTIVES = "Alder Bright Cedar Delta Ember Frost Golden Harbour Ivory Juniper Keystone Lumen Maple North Orchard Pine"
TRADES = "Analytics Bakery Clinics Dynamics Energy Foods Group Hotels Industries Labs Logistics Media Optics Partners"

DEFINITIONS = {
    "headline": ("Customers", "Finance", "billing", "Paid, current customers according to billing",
                 "stage in ('active', 'inactive')", True),
    "sales": ("Bought", "Sales", "crm", "Deal won, whether the product is used or not",
              "won_on is not null", False),
    "marketing": ("Engaged", "Marketing", "marketing", "Engaged with a campaign, a download or a trial",
                  "engaged_on is not null", False),
    "finance": ("Paying", "Finance", "billing", "Has a contract and has paid the invoice",
                "has_contract and contract_current and paid > 0", False),
    "product": ("Using", "Product", "product", "Used the product in this calendar month",
                "used_this_month", False),
    "net_positive": ("Positive net cash", "Finance", "billing and ledger",
                     "An outside party that contributes positive net cash", "net_cash > 0 and not is_internal", False),
    "signed": ("Signed", "Sales", "crm", "Has signed a contract", "has_contract", False),
    "first_payment": ("First payment", "Finance", "billing", "Has made a first payment",
                      "first_paid_on is not null or first_ordered_on is not null", False),
    "paying": ("Paying now", "Finance", "billing", "Pays at this date",
               "stage in ('active', 'inactive', 'lapsed_paying', 'paid_without_contract')", False),
    "using": ("Using now", "Product", "product", "Used the product in the last 30 days",
              "days_since_use <= 30 or days_since_order <= 30", False),
    "in_crm": ("Known in crm", "Sales", "crm", "Parties with a record in crm", "true", False),
    "in_billing": ("Known in billing", "Finance", "billing", "Parties with a record in billing",
                   "has_paid or invoiced > 0", False),
    "in_product": ("Known in product", "Product", "product", "Parties with a record in product",
                   "first_used_on is not null", False),
}  # fmt: skip

ANSWERS = {"Marketing": "Whoever downloaded something", "Sales": "A lead is no customer"}

MEASURES = {
    "low_support": ("B1", "CCO", "Needs least support", "Support cost per month of activity; low is best", "currency",
                    False, "-c.support"),
    "self_service": ("B2", "CCO", "Helps itself", "Share of needs met by self-service and community", "share", True,
                     None),
    "fit": ("B3", "CPO", "Uses it broadly", "Features in use per month", "features", True, "-f.days_since_use"),
    "innovation": ("B4", "CPO", "Drives innovation", "Accepted ideas and beta use", "ideas", True, None),
    "buys_most_costs_least": ("B5", "CPO", "Buys most, costs least", "Revenue rank and cost-to-serve rank combined",
                              "rank", True, "c.revenue + 4 * (c.support + c.sales)"),
    "advocacy": ("B6", "CMO", "Brings new customers", "Value of referred customers who were won", "currency", True,
                 None),
    "innovation_marketing": ("B7", "CMO", "Drives growth", "The same number as the product team's",
                             "ideas", True, None),
    "transactional": ("B8", "CMO", "Buys without selling", "Selling cost per order; low is best", "currency", False,
                         "-c.sales"),
    "loyalty": ("B9", "CRO", "Keeps coming back", "Expected repeat purchases or renewals", "share", True,
                   "l.p_alive"),
    "biggest_deals": ("B10", "CRO", "Biggest deals", "Total value of deals won", "currency", True, "f.won_amount"),
    "pays_on_time": ("B11", "CFO", "Pays on time", "Amount-weighted share of invoices paid on time", "share", True,
                     "-f.overdue"),
    "most_profitable": ("B12", "CFO", "Most profitable", "Net cash in the last 12 months after all allocated cost",
                        "currency", True, "c.net_cash_12m"),
}  # fmt: skip
NEEDS_MORE_THAN_ORDERS = {"sales", "marketing", "finance", "product", "signed", "using", "in_billing",
                          "in_product"}  # fmt: skip
EVENTS = {"headline": "first_paid_on", "sales": "won_on", "marketing": "engaged_on", "product": "first_used_on"}
NEEDS_CONTRACTS = {"low_support", "fit", "buys_most_costs_least", "transactional", "biggest_deals",
                   "pays_on_time"}  # fmt: skip
ALWAYS_MISSING = {"innovation": "The company maps no ideas", "innovation_marketing": "The company maps no ideas"}


def write_snapshot(
    folder: Path, *, parties: int = 400, seed: int = 7, retailer: bool = False, months: int = 36
) -> Path:
    """Publish a snapshot of a random company into `folder` and return its path."""
    with Engine(memory_limit="8GB", threads=2) as engine:
        fill(engine, parties, seed, retailer, months)
        manifest = _manifest(engine, retailer)
        text = json.dumps({"fake": [parties, seed, retailer, months]})
        return publish(engine, folder, manifest=manifest, models={}, config_text=text)


def fill(engine: Engine, parties: int, seed: int, retailer: bool, months: int = 36) -> None:
    """Make all published tables in the engine."""
    for table in PUBLISHED.values():
        engine.make_empty(table)
    random = np.random.default_rng(seed)
    frame = _parties(random, parties, retailer)
    _declare(engine, "parties", frame)
    _declare(engine, "stages", frame)
    _cash(engine, random, frame, retailer, months)
    _facts(engine, random, frame, retailer)
    _definitions(engine, retailer)
    fill_history(engine, random, frame, AS_OF)
    fill_registers(engine)
    fill_cash(engine, retailer=retailer)
    _value(engine, random, frame)
    _segments(engine)
    _value_sums(engine)
    _rankings(engine, retailer)
    _intake(engine, frame, retailer)


def _parties(random: np.random.Generator, count: int, retailer: bool) -> pd.DataFrame:
    shares = RETAIL_STAGES if retailer else SUBSCRIPTION_STAGES
    stage = random.choice(list(shares), size=count, p=list(shares.values()))
    words = [np.array(text.split()) for text in (ADJECTIVES, TRADES)]
    names = [
        f"{a} {b} {i % 97}" for i, (a, b) in enumerate(zip(*(random.choice(w, count) for w in words), strict=True))
    ]
    reason = np.array([random.choice(REASONS[s]) if s in REASONS else None for s in stage], dtype=object)
    merged = 1 + (random.random(count) < 0.12)
    return pd.DataFrame({
        "party_id": [f"P{i:07d}" for i in range(count)],
        "name": [None if retailer else n for n in names],
        "label": [f"crm P{i:07d}-0" if retailer else n for i, n in enumerate(names)],
        "kind": "organisation",
        "role": np.where(stage == "served", "served", np.where(stage == "internal", "internal", "buyer")),
        "is_supplier": stage == "supplier",
        "in_review": random.random(count) < 0.03,
        "records": merged,
        "systems": "shop" if retailer else np.where(merged > 1, "billing, crm", "crm"),
        "created_on": _days_before(random.integers(1100, 1500, count)),
        "stage": stage,
        "reason": reason,
        "since": _days_before(random.integers(1, 900, count)),
        "started": random.integers(0, 30, count),
        "size": np.exp(random.normal(6.0, 1.0, count)).round(2),
        "heavy": random.random(count) < 0.12,
    })  # fmt: skip


def _days_before(days: np.ndarray) -> pd.Series:
    return pd.Series(pd.Timestamp(AS_OF) - pd.to_timedelta(days, unit="D")).dt.date


def _declare(engine: Engine, name: str, frame: pd.DataFrame) -> None:
    """Make a published table from a frame that has (at least) its columns, in the declared types."""
    table = PUBLISHED[name]
    engine.put("_raw", pa.Table.from_pandas(frame[table.names], preserve_index=False))
    columns = ", ".join(f"CAST({quote(c.name)} AS {c.type}) AS {quote(c.name)}" for c in table)
    engine.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM _raw")
    engine.drop("_raw")


def _cash(engine: Engine, random: np.random.Generator, parties: pd.DataFrame, retailer: bool, months: int) -> None:
    paid = parties[parties["stage"].isin(VALUED_STAGES)].reset_index(drop=True)
    start = (paid["started"].to_numpy() * months) // 36
    stop = np.where(paid["stage"] == "churned", np.minimum(start + months // 3, months - 2), months - 1)
    party, month = np.nonzero((np.arange(months) >= start[:, None]) & (np.arange(months) <= stop[:, None]))
    if retailer:
        keep = (random.random(len(party)) < 0.25) | (month == start[party])
        party, month = party[keep], month[keep]
    revenue = (paid["size"].to_numpy()[party] * random.uniform(0.9, 1.1, len(party))).round(2)
    heavy = paid["heavy"].to_numpy()[party]
    first = np.arange("2020-01", "2026-07", dtype="datetime64[M]")[-months:]
    frame = pd.DataFrame(
        {"party_id": paid["party_id"].to_numpy()[party], "month": first[month].astype("datetime64[s]")}
    )
    share = {"refunds": 0.02, "cost_of_goods": 0.22, "acquisition": 0.03, "retention": 0.05, "sales": 0.11,
             "support": 0.09, "incentives": 0.02, "other": 0.01}  # fmt: skip
    for line, cost in share.items():
        rate = cost * random.uniform(0.5, 1.5, len(party)) * (1 + 9 * heavy if line == "support" else 1)
        frame[line] = 0.0 if retailer and line not in ("refunds", "cost_of_goods") else -(revenue * rate).round(2)
    frame["revenue"] = revenue
    frame["net_cash"] = frame[list(CASH_LINES)].sum(axis=1).round(2)
    _declare(engine, "cash_months", frame)
    sums = ", ".join(f"SUM({x}) AS {x}" for x in (*CASH_LINES, "net_cash"))
    year = "FILTER (month > DATE '2025-06-30')"
    recent = ", ".join(f"COALESCE(SUM({x}) {year}, 0) AS {x}_12m" for x in (*CASH_LINES, "net_cash"))
    engine.execute("CREATE OR REPLACE TABLE cash AS"
                   f" SELECT party_id, MIN(month) AS first_month, MAX(month) AS last_month, {sums}, {recent}"
                   " FROM cash_months GROUP BY party_id")  # fmt: skip
    _books(engine, retailer)
    _invoiced(engine)


def _invoiced(engine: Engine) -> None:
    """Whatever was received had been billed in the same month; money of nobody known is on account."""
    engine.execute("""
        CREATE OR REPLACE TABLE receivable_months AS
        SELECT party_id, month, 0 AS "begin", revenue AS invoiced, revenue + refunds AS received,
            -refunds AS credited, 0 AS written_off, 0 AS unknown, 0 AS fx, 0 AS "end", 0 AS on_account
        FROM cash_months
        UNION ALL
        SELECT NULL, month, 0, 0, 0, 0, 0, 0, 0, 0, SUM(unattributed) FROM books GROUP BY month""")
    engine.execute("""
        CREATE OR REPLACE TABLE invoiced_months AS
        SELECT * EXCLUDE (revenue, refunds, net_cash), revenue AS invoiced, refunds AS credited, 0 AS written_off,
            net_cash AS net_invoiced
        FROM cash_months""")


def _books(engine: Engine, retailer: bool) -> None:
    """Each line carries what parties carry, and a stated part that is nobody's; general cost is nobody's."""
    carried = {"marketing": " + ".join(MARKETING_LINES)}
    lines = " UNION ALL ".join(
        f"SELECT month, '{x}' AS line, SUM({carried.get(x, x)}) AS attributed FROM cash_months GROUP BY month"
        for x in BOOK_LINES
        if x != "general"
    )
    general = "" if retailer else (
        " UNION ALL SELECT month, 'general', 'head office', 'none', 0, 0, 0, ROUND(-0.12 * SUM(revenue), 2)"
        " FROM cash_months GROUP BY month"
    )  # fmt: skip
    idle = "0" if retailer else "CASE WHEN line IN ('support', 'sales') THEN ROUND(0.15 * attributed, 2) ELSE 0 END"
    engine.execute(f"""
        CREATE OR REPLACE TABLE books AS WITH lines AS ({lines}), parts AS (
            SELECT month, line,
                CASE WHEN line IN ('revenue', 'refunds') THEN 'payments' ELSE line || ' team' END AS pool,
                CASE WHEN line IN ('revenue', 'refunds') THEN '' ELSE 'ticket_minutes' END AS driver, attributed,
                CASE WHEN line = 'revenue' THEN ROUND(0.03 * attributed, 2) ELSE 0 END AS unattributed,
                {idle} AS unused_capacity, 0 AS unallocated
            FROM lines{general})
        SELECT month, line, pool, 'EUR' AS currency, driver, ledger AS ledger_in_currency, ledger,
            attributed, unattributed, unused_capacity, unallocated, 0 AS eliminated, 0 AS difference, 0 AS tax
        FROM (SELECT *, attributed + unattributed + unused_capacity + unallocated AS ledger FROM parts)""")
    engine.execute("""
        INSERT INTO pool_months BY NAME
        SELECT month, line AS function, pool, '' AS campaign, ledger AS cost, 0 AS direct, driver,
            CASE driver WHEN 'none' THEN 'none' ELSE 'measured time' END AS quality, FALSE AS fallback,
            unused_capacity AS unused_cost
        FROM books WHERE line NOT IN ('revenue', 'refunds')""")


def _facts(engine: Engine, random: np.random.Generator, parties: pd.DataFrame, retailer: bool) -> None:
    count, stage = len(parties), parties["stage"]
    paid = stage.isin(VALUED_STAGES)
    contract = (
        ~pd.Series(np.full(count, retailer)) & (paid | (stage == "signed_unpaid")) & (stage != "paid_without_contract")
    )
    current = contract & stage.isin(["active", "inactive", "signed_unpaid"])
    used = {"active": random.integers(0, 30, count), "inactive": random.integers(31, 300, count)}
    idle = np.select([stage == s for s in used], list(used.values()), default=random.integers(60, 900, count))
    ever_used = paid & ~retailer & (parties["reason"] != "onboarding")
    started = _days_before(900 - 28 * parties["started"].to_numpy() + 60)
    money = parties["size"]

    def where(condition: pd.Series, values: object) -> pd.Series:
        return pd.Series(values, index=parties.index).where(condition.to_numpy(), None)

    frame = pd.DataFrame({
        "party_id": parties["party_id"], "as_of": AS_OF, "role": parties["role"],
        "is_internal": stage == "internal", "is_supplier": parties["is_supplier"], "created_on": parties["created_on"],
        "engaged_on": where((stage == "prospect") | (paid & ~retailer & (random.random(count) < 0.7)), started),
        "trial_started_on": where(parties["reason"] == "trial", parties["since"]),
        "opened_on": where(contract | (parties["reason"] == "open_deal"), started),
        "won_on": where(contract & (random.random(count) < 0.96), started),
        "last_won_on": where(contract, started), "deals_won": contract.astype(int),
        "won_amount": np.where(contract, (money * 12).round(2), 0.0), "signed_on": where(contract, started),
        "contract_starts_on": where(contract, started), "contract_ends_on": where(stage == "churned", parties["since"]),
        "cancelled_on": where(parties["reason"] == "cancelled", parties["since"]), "has_contract": contract,
        "contract_current": current, "mrr": np.where(current, money, 0.0), "term_months": where(contract, 12),
        "first_paid_on": where(paid & ~retailer, started), "last_paid_on": where(paid & ~retailer, parties["since"]),
        "paid": np.where(paid & ~retailer, money * 10, 0.0).round(2),
        "invoiced": np.where(contract, money * 11, 0.0).round(2),
        "overdue": np.where(contract & (random.random(count) < 0.2), money, 0.0).round(2),
        "first_ordered_on": where(paid & retailer, started),
        "last_ordered_on": where(paid & retailer, _days_before(idle)),
        "orders": np.where(retailer, random.integers(1, 12, count), 0),
        "ordered": np.where(retailer, money * 3, 0.0).round(2),
        "first_used_on": where(ever_used, started), "last_used_on": where(ever_used, _days_before(idle)),
        "last_used_in_contract_on": where(ever_used, _days_before(idle)), "days_since_use": where(ever_used, idle),
        "days_since_order": where(paid & retailer, idle), "used_this_month": ever_used & (idle < 30),
        "has_paid": paid & ~retailer, "has_ordered": paid & retailer, "net_cash": 0.0, "net_cash_12m": 0.0,
        "paid_until": where(paid & ~retailer, parties["since"]), "profit_12m": 0.0, "records": parties["records"],
        "in_review": parties["in_review"],
    })  # fmt: skip
    _declare(engine, "facts", frame)
    engine.execute("""CREATE OR REPLACE TABLE facts AS SELECT f.* REPLACE (COALESCE(c.net_cash, 0) AS net_cash,
        COALESCE(c.net_cash_12m, 0) AS net_cash_12m,
        COALESCE(c.net_cash_12m, 0) - f.overdue AS profit_12m) FROM facts AS f LEFT JOIN cash AS c USING (party_id)""")


def _definitions(engine: Engine, retailer: bool) -> None:
    members = " UNION ALL ".join(
        f"SELECT party_id, '{key}' AS definition FROM facts JOIN stages USING (party_id) WHERE {predicate}"
        for key, (*_, predicate, _) in DEFINITIONS.items()
    )
    engine.execute(f"CREATE OR REPLACE TABLE memberships AS {members}")
    rows = [(key, *row) for key, row in DEFINITIONS.items()]
    names = ["definition", "label", "owner", "system", "sentence", "predicate", "headline"]
    frame = pd.DataFrame(rows, columns=names)
    if retailer:
        frame["system"] = "shop"
    counts = dict(engine.rows("SELECT definition, COUNT(*) FROM memberships GROUP BY definition"))
    frame["members"] = [counts.get(k, 0) for k in frame["definition"]]
    frame["not_countable"] = [
        "The company maps orders only" if retailer and k in NEEDS_MORE_THAN_ORDERS else None
        for k in frame["definition"]
    ]
    frame["bit"] = [1 << place for place in range(len(frame))]
    inside = "SELECT COUNT(*) FROM stages WHERE stage = 'internal'"
    frame = frame.assign(
        members_with_internal=frame["members"] + (frame["definition"] == "sales") * engine.scalar(inside),
        event_on=frame["definition"].map(EVENTS),
        counts="Whoever keeps the rule at this date",
        excludes="Internal and test accounts",
        status=np.where(frame["definition"] == "marketing", "open", "agreed"),
        answers=np.where(frame["definition"] == "marketing", json.dumps(ANSWERS), "{}"),
        version=1,
        fingerprint=frame["predicate"].map(lambda p: f"{crc32(p.encode()):08x}"),
        kind=np.where(frame["definition"].str.startswith("in_"), "system", "team"),
        reason_bits=(1 << len(REASON_RULES)) - 1,
    )
    _declare(engine, "definitions", frame)


def _value(engine: Engine, random: np.random.Generator, parties: pd.DataFrame) -> None:
    valued = parties[parties["stage"].isin(VALUED_STAGES)].reset_index(drop=True)
    alive = np.select([valued["stage"] == s for s in ("active", "inactive")],
                      [random.uniform(0.7, 1, len(valued)), random.uniform(0.3, 0.8, len(valued))],
                      random.uniform(0, 0.25, len(valued)))  # fmt: skip
    keep = random.uniform(0.6, 0.95, len(valued))
    share = dict(zip(STREAMS, (1.0, -0.22, -0.05, -0.11, -0.09, -0.02, -0.01, 0.05, 0.02), strict=True))
    cubes = []
    for stream, part in share.items():
        factor = part * np.where((stream == "support") & valued["heavy"], 10, 1)
        years = {
            f"year_{y}": (valued["size"] * 12 * alive * factor * keep**y).round(4) for y in range(1, HORIZON_YEARS + 1)
        }
        years["later"] = 4 * years[f"year_{HORIZON_YEARS}"]
        given = random.random(len(valued)) < (0.3 if stream in ("advocacy", "innovation") else 1)
        cubes.append(pd.DataFrame({"party_id": valued["party_id"], "stream": stream, **years})[given])
    _declare(engine, "cube", pd.concat(cubes))
    basis = random.choice(["own", "pooled", "prior"], len(valued), p=[0.55, 0.35, 0.1])
    engine.put(
        "_model", pa.table({"party_id": list(valued["party_id"]), "basis": basis.tolist(), "p_alive": alive.round(6)})
    )
    discounted = " + ".join(f"year_{y} * {1.10 ** -(y - 0.5)!r}" for y in (1, 2, 3))
    engine.execute(f"""
        CREATE OR REPLACE TABLE ltv AS WITH total AS (
            SELECT party_id, SUM(CAST(ROUND({discounted}, 4) AS DECIMAL(18,4))) AS ltv FROM cube GROUP BY party_id)
        SELECT party_id, 'shifted_beta_geometric' AS model, basis, p_alive AS own_weight, p_alive, ltv,
            CAST(2 * ltv AS DECIMAL(18,4)) AS ltv_infinite, CAST(0.10 AS DOUBLE) AS discount_rate
        FROM _model JOIN total USING (party_id)""")
    engine.drop("_model")
    engine.execute(f"""CREATE OR REPLACE TABLE ltv_intervals AS
        SELECT party_id, {INTERVAL}, basis = 'prior' AS by_prior
        FROM (SELECT *, 0.4 * ABS(CAST(ltv AS DOUBLE)) + 10 AS spread FROM ltv)""")


def _value_sums(engine: Engine) -> None:
    engine.execute(f"""CREATE OR REPLACE TABLE value_sums AS
        WITH grouped AS (
            SELECT 'company' AS scope, 'all' AS name, ltv FROM ltv
            UNION ALL SELECT 'customers', CASE WHEN stage IN ('active', 'inactive') THEN 'current' ELSE 'other' END, ltv
            FROM ltv JOIN stages USING (party_id)
            UNION ALL SELECT 'stage', stage, ltv FROM ltv JOIN stages USING (party_id)
            UNION ALL SELECT 'tier', tier, ltv FROM segments
            UNION ALL SELECT 'cohort', CAST(YEAR(first_paid_on) AS VARCHAR), ltv FROM ltv JOIN facts USING (party_id)
            WHERE first_paid_on IS NOT NULL),
        summed AS (
            SELECT scope, name, COUNT(*) AS parties, CAST(SUM(ltv) AS DECIMAL(18,4)) AS ltv,
                0.1 * ABS(CAST(SUM(ltv) AS DOUBLE)) + 5 AS spread
            FROM grouped GROUP BY scope, name)
        SELECT scope, name, parties, ltv, {INTERVAL} FROM summed""")
    total = "SELECT SUM(ltv) AS ltv FROM ltv"
    engine.execute(f"""CREATE OR REPLACE TABLE value_sensitivity AS
        SELECT lever, change, CAST(ltv * (1 + weight * change) AS DECIMAL(18,4)) AS value,
            CAST(ltv * weight * change AS DECIMAL(18,4)) AS difference, weight AS elasticity
        FROM ({total}), (VALUES ('retention', 1.2), ('margin', 1.4), ('discount_rate', -0.1)) AS l(lever, weight),
            (VALUES (-0.1), (-0.01), (0.01), (0.1)) AS c(change)""")
    engine.execute(f"""CREATE OR REPLACE TABLE customer_equity AS
        SELECT CASE WHEN stage IN ('active', 'inactive') THEN 'current' ELSE 'other' END AS part, COUNT(*) AS parties,
            SUM(ltv) AS value, NULL AS each FROM ltv JOIN stages USING (party_id) GROUP BY 1
        UNION ALL SELECT 'total', NULL, ltv, NULL FROM ({total})""")
    _models(engine)


def _models(engine: Engine) -> None:
    """One fitted model of renewals, with a curve, and one stated model of purchases."""
    renewals = {"model": "contracts.renewals.12m", "kind": "ShiftedBetaGeometric", "unit": "12 months", "stated": False,
                "note": "Shifted-beta-geometric by BIC (Shifted-beta-geometric 820.0, Beta-discrete-Weibull 824.1)",
                "since": date(2023, 7, 1), "until": AS_OF,
                "observations": 300.0, "log_likelihood": -404.3, "aic": 812.6, "bic": 820.0, "starts": 3.0,
                "agreeing": 3.0, "gradient": 1e-7, "condition": 86.0, "at_bound": ""}  # fmt: skip
    orders = {"model": "orders.purchases", "kind": "MbgNbd", "unit": "week", "stated": True, "at_bound": "",
              "note": "only 3 customers have bought again"}  # fmt: skip
    rows = [renewals, orders]
    parameters = [("contracts.renewals.12m", "alpha", 1, 0.8, 0.1), ("contracts.renewals.12m", "beta", 2, 3.4, 0.6),
                  ("orders.purchases", "r", 1, 0.5, None)]  # fmt: skip
    curve = [(1.0, 250.0, 0.8, 0.75, 0.85, 0.81), (2.0, 120.0, 0.69, 0.62, 0.76, 0.68)]
    engine.put("value_models", pa.Table.from_pylist(rows, schema=PUBLISHED["value_models"].arrow))
    for name, found in (
        ("model_parameters", parameters),
        ("retention_checks", [(rows[0]["model"], *c) for c in curve]),
    ):
        names = PUBLISHED[name].names
        table = pa.Table.from_pylist([dict(zip(names, r, strict=True)) for r in found], schema=PUBLISHED[name].arrow)
        engine.put(name, table)


def _segments(engine: Engine) -> None:
    engine.execute("""
        CREATE OR REPLACE TABLE segments AS WITH ranked AS (
            SELECT party_id, ltv, ROW_NUMBER() OVER (ORDER BY ltv DESC, party_id) AS place,
                COUNT(*) FILTER (ltv > 0) OVER () AS positive FROM ltv),
        tiered AS (SELECT *, CASE WHEN ltv <= 0 THEN 5 WHEN place <= 0.05 * positive THEN 1
                WHEN place <= 0.2 * positive THEN 2 WHEN place <= 0.5 * positive THEN 3 ELSE 4 END AS tier_order
            FROM ranked)
        SELECT party_id, stage, ['Top', 'High', 'Middle', 'Low', 'No value'][tier_order] AS tier, tier_order, ltv,
            net_cash_12m, mrr FROM tiered JOIN facts USING (party_id) JOIN stages USING (party_id)""")
    engine.execute("""
        CREATE OR REPLACE TABLE tiers AS
        SELECT tier, tier_order, CASE WHEN tier_order = 5 THEN 'Lifetime value of zero or less'
            ELSE 'Lifetime value of at least ' || CAST(ROUND(MIN(ltv), 2) AS VARCHAR) END AS rule,
            MIN(ltv) AS lowest_ltv,
            MAX(ltv) AS highest_ltv, COUNT(*) AS parties, SUM(ltv) AS ltv, SUM(net_cash_12m) AS net_cash_12m
        FROM segments GROUP BY tier, tier_order""")


def _rankings(engine: Engine, retailer: bool) -> None:
    missing = dict(ALWAYS_MISSING)
    missing["advocacy"] = "No referrals are recorded"
    missing["self_service"] = "No tickets with a channel are recorded"
    if retailer:
        missing |= dict.fromkeys(NEEDS_CONTRACTS, "The company maps orders only")
    rankable = {k: v for k, v in MEASURES.items() if k not in missing}
    values = " UNION ALL ".join(
        f"""SELECT party_id, '{key}' AS measure, {"1" if high else "-1"} AS direction, CAST({sql} AS DOUBLE) AS value
            FROM cash AS c JOIN facts AS f USING (party_id) JOIN ltv AS l USING (party_id)
            JOIN stages AS s USING (party_id)
            WHERE s.stage IN ('active', 'inactive') AND ({sql}) IS NOT NULL"""
        for key, (*_, high, sql) in rankable.items()
    )
    engine.execute(f"""CREATE OR REPLACE TABLE rankings AS SELECT party_id, measure, value,
        RANK() OVER (PARTITION BY measure ORDER BY value * direction DESC)
        + (COUNT(*) OVER (PARTITION BY measure, value) - 1) / 2.0 AS rank FROM ({values})""")
    counts = dict(engine.rows("SELECT measure, COUNT(*) FROM rankings GROUP BY measure"))
    rows = [(key, *row[:-1], missing.get(key), counts.get(key, 0), 1.0) for key, row in MEASURES.items()]
    names = ["measure", "requirement", "executive", "label", "sentence", "unit", "high_is_best", "not_rankable",
             "ranked", "weight"]  # fmt: skip
    _declare(engine, "measures", pd.DataFrame(rows, columns=names))
    _agreement(engine, list(rankable))
    engine.execute("""
        CREATE OR REPLACE TABLE consensus AS WITH scores AS (
            SELECT s.party_id,
                SUM(weight * (1 - (rank - 1) / NULLIF(ranked - 1, 0)) ORDER BY measure) / SUM(weight) AS score,
                COUNT(measure) AS measures
            FROM stages AS s LEFT JOIN rankings AS r ON r.party_id = s.party_id LEFT JOIN measures AS m USING (measure)
            WHERE stage IN ('active', 'inactive') GROUP BY s.party_id)
        SELECT *, CASE WHEN score IS NOT NULL THEN RANK() OVER (ORDER BY score DESC NULLS LAST, party_id) END AS rank
        FROM scores""")


def _agreement(engine: Engine, measures: list[str]) -> None:
    wide = engine.query("SELECT party_id, measure, rank FROM rankings ORDER BY party_id").to_pandas()
    wide = wide.pivot(index="party_id", columns="measure", values="rank")
    rows = []
    for i, a in enumerate(measures):
        for b in measures[i + 1 :]:
            both = wide[[a, b]].dropna()
            best = [set(both[m].sort_index().sort_values(kind="stable").index[:TOP_N]) for m in (a, b)]
            tau = kendalltau(both[a], both[b]).statistic
            rows.append((a, b, len(both), TOP_N, len(best[0] & best[1]) / TOP_N, tau))
    names = ["measure_a", "measure_b", "common", "top_n", "overlap", "kendall_tau_b"]
    _declare(engine, "agreement", pd.DataFrame(rows, columns=names))


def _intake(engine: Engine, parties: pd.DataFrame, retailer: bool) -> None:
    tables = ["records", "orders"] if retailer else ["records", "contracts", "payments", "usage", "tickets", "costs"]
    rows = [
        (t, f"{t}.csv", 1000 * (i + 2), 1000 * (i + 2) - i, i, 2 * i, 0, 1000 * (i + 2) - i)
        for i, t in enumerate(tables)
    ]
    _declare(engine, "intake", pd.DataFrame(rows, columns=PUBLISHED["intake"].names))
    reasons = [
        (t, f"{t}.csv", n + 1, "quarantine", "amount_not_negative", "{}")
        for i, t in enumerate(tables)
        for n in range(i)
    ]
    _declare(engine, "quarantine", pd.DataFrame(reasons, columns=PUBLISHED["quarantine"].names))
    engine.execute("""CREATE OR REPLACE TABLE party_records AS
        SELECT 'crm' AS system, party_id || '-' || n AS record, party_id
        FROM (SELECT party_id, UNNEST(RANGE(records)) AS n FROM parties)""")
    engine.execute("""CREATE OR REPLACE TABLE merge_log AS
        SELECT party_id, 'crm' AS system, party_id || '-1' AS record,
        'crm' AS to_system, party_id || '-0' AS to_record, 'email' AS rule, 'a@b.example' AS evidence,
        NULL AS probability
        FROM parties WHERE records > 1""")
    engine.make_empty(PUBLISHED["review_pairs"])
    checks = [
        ("stages_sum_to_parties", True, str(len(parties)), str(len(parties)), "Every party is in exactly one stage"),
        ("cash_equals_books", True, "0.00", "0.00", "Customers, unattributed, unused and unallocated equal the ledger"),
        ("cube_equals_ltv", True, "0", "0", "The cube at the run's settings equals the value column"),
    ]
    _declare(engine, "checks", pd.DataFrame(checks, columns=PUBLISHED["checks"].names))


def _manifest(engine: Engine, retailer: bool) -> Manifest:
    systems = {"records": "crm", "contracts": "crm", "payments": "billing", "usage": "product", "orders": "shop"}
    shop = {"records": "shop"} if retailer else {}
    tables = [t for (t,) in engine.rows("SELECT table_name FROM intake ORDER BY table_name")]
    sources = [
        SourceFile(file=f"{t}.csv", table=t, system=(systems | shop).get(t, t), size=1, sha256="0") for t in tables
    ]
    rules = [
        StageRule(stage=stage, reason=reason, sentence=f"Rule of {stage} {reason or ''}".strip())
        for stage, reason in engine.rows("SELECT DISTINCT stage, reason FROM stages ORDER BY stage, reason")
    ]
    recurring = engine.scalar('SELECT COALESCE(MAX_BY("end", as_of), 0) FROM mrr_months')
    company = "Old Town Records" if retailer else "Example Software"
    currency = "USD" if retailer else "EUR"
    config = {
        "company": {"name": company, "currency": currency},
        "ltv": {"horizon_years": 3, "discount_rate": 0.10, "timing": "mid_year", "off": []},
        "executives": {"top_n": TOP_N},
        "lifecycle": {"active_days": 30, "order_active_days": 90, "order_churn_days": 365},
    }
    return Manifest(company=company, currency=currency, as_of=AS_OF, created_at=datetime(2026, 7, 2, 6, 15, tzinfo=UTC),
                    versions={"valuekit": "0.1.0"}, config_sha256="0", config=config,
                    sources=sources, stage_rules=rules, totals={"mrr": recurring})  # fmt: skip
