"""The months of the stand-in company: stages, lists, reasons, recurring revenue and registers that fit each other.

Lists and reasons are bits, as in a run. The last month end is the as-of date, where everything equals the tables of
that day; the months before follow a random course of life. Gaps, movements and shares are counted from these rows, so
that they close.
"""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.tables import PUBLISHED

MONTH_ENDS = 19
BY_STAGE = {
    "active": {"headline", "sales", "finance", "signed", "first_payment", "product", "paying", "using"},
    "inactive": {"headline", "sales", "finance", "signed", "first_payment", "paying"},
    "lapsed_paying": {"sales", "signed", "first_payment", "paying"},
    "churned": {"sales", "signed", "first_payment"},
    "paid_without_contract": {"first_payment", "paying"},
    "signed_unpaid": {"sales", "signed"},
    "prospect": {"marketing"},
}
"""Lists that a party was on in the months before, by its stage."""

REASON_RULES = {
    "test_account": ("Test or internal account", "It is one of the company's own accounts", "stage = 'internal'"),
    "duplicate": ("Possible duplicate", "It may be another party's second record", "in_review"),
    "onboarding": ("Onboarding", "It pays, and has not begun to use the product", "reason = 'onboarding'"),
    "inactive": ("Inactive, not cancelled", "It pays, and has not used the product lately", "stage = 'inactive'"),
    "lapsed": ("Contract ran out, still paying", "Its contract ended, money still comes", "stage = 'lapsed_paying'"),
    "no_contract": ("Paid without contract", "It paid; its contract is unknown", "stage = 'paid_without_contract'"),
    "unpaid": ("Signed, not paid", "It signed, and has not paid", "stage = 'signed_unpaid'"),
    "former": ("Former customer", "It has left", "stage = 'churned'"),
    "not_yet": ("Not a customer yet", "It showed interest, and has not bought", "stage = 'prospect'"),
}  # fmt: skip


def fill_history(engine: Engine, random: np.random.Generator, parties: pd.DataFrame, as_of: date) -> None:
    """Make every table of months, lists and reasons; reads `definitions`, `memberships`, `stages` and `facts`."""
    _reasons(engine)
    _party_months(engine, random, parties, as_of)
    for name, sql in _TABLES.items():
        engine.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")
    for table in ("_months", "_party_months", "_runs", "_moves", "_mrr"):
        engine.drop(table)


def _reasons(engine: Engine) -> None:
    rows = [(key, i + 1, 1 << i, *words, None) for i, (key, words) in enumerate(REASON_RULES.items())]
    engine.put("_raw", pa.Table.from_pandas(pd.DataFrame(rows, columns=PUBLISHED["reasons"].names)))
    engine.execute("CREATE OR REPLACE TABLE reasons AS SELECT * REPLACE (CAST(priority AS INTEGER) AS priority,"
                   " CAST(asks AS VARCHAR) AS asks) FROM _raw")  # fmt: skip
    engine.drop("_raw")


def _party_months(engine: Engine, random: np.random.Generator, parties: pd.DataFrame, as_of: date) -> None:
    ends = pd.date_range(end=pd.Timestamp(as_of), periods=MONTH_ENDS, freq="ME")
    stage, reason, factor = _courses(random, parties)
    party, month = np.nonzero(stage != "")
    frame = pd.DataFrame({
        "party_id": parties["party_id"].to_numpy()[party], "number": month, "as_of": ends[month].date,
        "stage": stage[party, month], "reason": reason[party, month], "factor": factor[party, month],
    })  # fmt: skip
    engine.put("_courses", pa.Table.from_pandas(frame, preserve_index=False))
    lists = pd.DataFrame([(s, d) for s, on in BY_STAGE.items() for d in sorted(on)], columns=["stage", "definition"])
    engine.put("_lists", pa.Table.from_pandas(lists, preserve_index=False))
    reasons = " + ".join(
        f"CASE WHEN {rule} THEN {1 << i} ELSE 0 END" for i, (*_, rule) in enumerate(REASON_RULES.values())
    )
    engine.execute(f"""CREATE OR REPLACE TABLE _party_months AS
        WITH now AS (SELECT party_id, CAST(SUM(bit) AS BIGINT) AS bits
                     FROM memberships JOIN definitions USING (definition) GROUP BY party_id),
        kept AS (SELECT party_id, bits & (SELECT SUM(bit)::BIGINT FROM definitions
                 WHERE kind = 'system' OR definition IN ('marketing', 'net_positive')) AS bits FROM now),
        past AS (SELECT stage AS of_stage, CAST(SUM(bit) AS BIGINT) AS bits
                 FROM _lists JOIN definitions USING (definition) WHERE not_countable IS NULL GROUP BY stage)
        SELECT c.party_id, number, c.as_of, c.stage, c.reason,
            CASE WHEN number = {MONTH_ENDS - 1} THEN COALESCE(now.bits, 0)
                 ELSE COALESCE(past.bits, 0) | COALESCE(kept.bits, 0) END AS definitions,
            CAST({reasons} AS BIGINT) AS reasons,
            CAST(CASE WHEN c.stage IN ('active', 'inactive', 'signed_unpaid') THEN ROUND(mrr * factor, 2) ELSE 0 END
                 AS DECIMAL(18,4)) AS mrr
        FROM _courses AS c JOIN facts USING (party_id) LEFT JOIN now ON now.party_id = c.party_id
        LEFT JOIN kept ON kept.party_id = c.party_id LEFT JOIN past ON of_stage = stage""")
    for table in ("_courses", "_lists"):
        engine.drop(table)


def _courses(random: np.random.Generator, parties: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw stage, reason and price (as a share of today's) of every party at every month end; '' before it exists."""
    count, month = len(parties), np.arange(MONTH_ENDS)
    final = parties["stage"].to_numpy().astype(object)
    buyer = np.isin(final, ["active", "inactive", "lapsed_paying", "churned"])
    born = np.where(random.random(count) < 0.6, 0, random.integers(1, MONTH_ENDS - 1, count))
    joined = np.where(born == 0, 0, born + random.integers(0, 3, count))
    stay = 1 + (random.random(count) * np.maximum(MONTH_ENDS - 1 - joined, 1)).astype(int)
    left = np.where(final == "churned", joined + stay, 10 * MONTH_ENDS)
    pause = np.where(random.random(count) < 0.08, joined + 3, 10 * MONTH_ENDS)
    stage = np.repeat(np.where(buyer, "active", final)[:, None], MONTH_ENDS, axis=1)
    idle = buyer[:, None] & (random.random((count, MONTH_ENDS)) < 0.15)
    stage[idle] = "inactive"
    reason = np.where(idle, "no_recent_use", None).astype(object)
    away = (month >= left[:, None]) | ((month >= pause[:, None]) & (month < pause[:, None] + 2))
    stage[away & buyer[:, None]], reason[away & buyer[:, None]] = "churned", "lapsed"
    before = (month < joined[:, None]) & buyer[:, None]
    stage[before], reason[before] = "prospect", "lead"
    stage[month < born[:, None]] = ""
    stage[:, -1], reason[:, -1] = final, parties["reason"].to_numpy()
    steps = random.choice([1.0, 1.2, 0.9], (count, MONTH_ENDS), p=[0.94, 0.04, 0.02])
    return stage, reason, np.cumprod(steps, axis=1) / np.prod(steps, axis=1)[:, None]


_TABLES = {
    "_months": "SELECT DISTINCT number, as_of FROM _party_months",
    "party_lists": """
        SELECT party_id, definitions, reasons FROM _party_months JOIN _months USING (number, as_of)
        WHERE number = (SELECT MAX(number) FROM _months)""",
    "reconciliation": """
        WITH pairs AS (
            SELECT a.definition AS definition_a, a.bit AS a, a.reason_bits AS explains_a, b.definition AS definition_b,
                b.bit AS b, b.reason_bits AS explains_b
            FROM definitions AS a JOIN definitions AS b ON a.bit < b.bit
            WHERE a.not_countable IS NULL AND b.not_countable IS NULL),
        cells AS (
            SELECT as_of, definition_a, definition_b,
                CASE WHEN definitions & b = 0 THEN 'only_a' WHEN definitions & a = 0 THEN 'only_b' ELSE 'both' END
                    AS side,
                reasons & CASE WHEN definitions & b = 0 THEN explains_b ELSE explains_a END AS m
            FROM _party_months JOIN pairs ON definitions & (a | b) <> 0),
        counted AS (
            SELECT as_of, definition_a, definition_b, side,
                CASE WHEN side = 'both' THEN '' ELSE COALESCE(reason, 'unexplained') END AS reason, COUNT(*) AS parties
            FROM cells LEFT JOIN reasons ON reasons.bit = m & -m GROUP BY ALL)
        SELECT * FROM counted
        UNION ALL
        SELECT as_of, definition_a, definition_b, side, 'unexplained', 0
        FROM _months, pairs, (VALUES ('only_a'), ('only_b')) AS sides (side)
        WHERE (as_of, definition_a, definition_b, side, 'unexplained') NOT IN (
            SELECT (as_of, definition_a, definition_b, side, reason) FROM counted)""",
    "_runs": """
        SELECT *, SUM(CAST(changed AS INTEGER)) OVER (PARTITION BY party_id ORDER BY number) AS run
        FROM (SELECT *, COALESCE((stage, reason, definitions) IS DISTINCT FROM (
                LAG(stage) OVER w, LAG(reason) OVER w, LAG(definitions) OVER w), TRUE) AS changed
              FROM _party_months WINDOW w AS (PARTITION BY party_id ORDER BY number))""",
    "history": """
        WITH joined AS (SELECT party_id, run, MIN(as_of) AS from_end, MAX(as_of) AS until_end, stage, reason,
                            definitions FROM _runs GROUP BY party_id, run, stage, reason, definitions)
        SELECT party_id, from_end, until_end, stage, reason, definitions, LAG(stage) OVER w AS former_stage,
            COALESCE(LAG(definitions) OVER w, 0) AS former_definitions,
            definitions & ~COALESCE(BIT_OR(definitions) OVER (
                PARTITION BY party_id ORDER BY from_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                AS first_definitions
        FROM joined WINDOW w AS (PARTITION BY party_id ORDER BY from_end)""",
    "stage_months": """
        SELECT as_of, TRUE AS complete, stage, reason, COUNT(*) AS parties
        FROM _party_months GROUP BY as_of, stage, reason""",
    "_moves": """
        SELECT p.*, COALESCE(LAG(definitions) OVER w, 0) AS former,
            COALESCE(BIT_OR(definitions) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS ever
        FROM _party_months AS p WINDOW w AS (PARTITION BY party_id ORDER BY number)""",
    "customer_movements": """
        WITH counted AS (
            SELECT definition, number, as_of,
                COUNT(*) FILTER (former & bit <> 0) AS begin,
                COUNT(*) FILTER (definitions & bit <> 0 AND ever & bit = 0) AS new,
                COUNT(*) FILTER (definitions & bit <> 0 AND former & bit = 0 AND ever & bit <> 0) AS reactivated,
                COUNT(*) FILTER (definitions & bit = 0 AND former & bit <> 0) AS churned,
                COUNT(*) FILTER (definitions & bit <> 0) AS end,
                COUNT(*) FILTER (definitions & bit <> 0 AND ever & bit = 0 AND definitions & (
                    SELECT bit FROM definitions WHERE definition = 'using') <> 0) AS new_using
            FROM _moves CROSS JOIN definitions WHERE not_countable IS NULL GROUP BY definition, bit, number, as_of)
        SELECT definition, as_of, TRUE AS complete, begin, new, reactivated, churned, "end", new_using, new AS acquired,
            churned / NULLIF(begin, 0) AS churn_rate, "end" / NULLIF(begin, 0) - 1 AS growth_rate
        FROM counted WHERE number > 0""",
    "paying_and_using": """
        WITH bits AS (SELECT MAX(bit) FILTER (definition = 'paying') AS pay,
                          MAX(bit) FILTER (definition = 'using' AND not_countable IS NULL) AS use
                      FROM definitions),
        flags AS (SELECT as_of, number, definitions & pay <> 0 AS pays, definitions & use <> 0 AS uses,
                    former & pay <> 0 AS paid, former & use <> 0 AS used, use FROM _moves, bits),
        counted AS (
            SELECT as_of, number, BOOL_AND(use IS NULL) AS blind, COUNT(*) FILTER (pays AND uses) AS paying_and_using,
                COUNT(*) FILTER (pays AND NOT uses) AS paying_only, COUNT(*) FILTER (uses AND NOT pays) AS using_only,
                COUNT(*) FILTER (paid) AS paying_begin, COUNT(*) FILTER (used) AS using_begin,
                COUNT(*) FILTER (paid AND NOT pays) AS stopped_paying,
                COUNT(*) FILTER (used AND NOT uses) AS stopped_using,
                COUNT(*) FILTER (paid AND NOT pays AND used AND NOT uses) AS stopped_both
            FROM flags GROUP BY as_of, number)
        SELECT as_of, TRUE AS complete, * EXCLUDE (as_of, number, blind)
                REPLACE (IF(blind, NULL, paying_and_using) AS paying_and_using,
                         IF(blind, NULL, paying_only) AS paying_only,
                         IF(blind, NULL, using_only) AS using_only, IF(blind, NULL, using_begin) AS using_begin,
                         IF(blind, NULL, stopped_using) AS stopped_using,
                         IF(blind, NULL, stopped_both) AS stopped_both),
            stopped_paying / NULLIF(paying_begin, 0) AS payment_churn_rate,
            stopped_using / NULLIF(using_begin, 0) AS usage_churn_rate FROM counted WHERE number > 0""",
    "_mrr": """
        SELECT party_id, number, as_of, mrr, COALESCE(LAG(mrr) OVER w, 0) AS former,
            COALESCE(MAX(mrr) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever
        FROM _party_months WINDOW w AS (PARTITION BY party_id ORDER BY number)""",
    "mrr_movements": """
        SELECT party_id, as_of, CASE WHEN mrr = 0 THEN 'churn' WHEN former = 0 AND ever THEN 'reactivation'
            WHEN former = 0 THEN 'new_business' WHEN HASH(party_id) % 9 = 0 THEN 'fx'
            WHEN mrr > former THEN 'expansion' ELSE 'contraction' END AS movement, mrr - former AS amount
        FROM _mrr WHERE number > 0 AND mrr <> former""",
    "mrr_months": """
        WITH kinds AS (
            SELECT as_of, SUM(amount) FILTER (movement = 'new_business') AS new_business,
                SUM(amount) FILTER (movement = 'expansion') AS expansion,
                SUM(amount) FILTER (movement = 'reactivation') AS reactivation,
                SUM(amount) FILTER (movement = 'contraction') AS contraction,
                SUM(amount) FILTER (movement = 'churn') AS churn, SUM(amount) FILTER (movement = 'fx') AS fx
            FROM mrr_movements GROUP BY as_of),
        sums AS (
            SELECT as_of, SUM(former) AS begin, SUM(mrr) AS end, COUNT(*) FILTER (former > 0) AS customers_begin,
                COUNT(*) FILTER (mrr > 0 AND NOT ever) AS customers_new,
                COUNT(*) FILTER (mrr > 0 AND former = 0 AND ever) AS customers_reactivated,
                COUNT(*) FILTER (mrr = 0 AND former > 0) AS customers_churned,
                COUNT(*) FILTER (mrr > 0) AS customers_end
            FROM _mrr WHERE number > 0 GROUP BY as_of),
        filled AS (
            SELECT as_of, TRUE AS complete, begin, COALESCE(new_business, 0) AS new_business,
                COALESCE(expansion, 0) AS expansion, COALESCE(reactivation, 0) AS reactivation,
                COALESCE(contraction, 0) AS contraction, COALESCE(churn, 0) AS churn, COALESCE(fx, 0) AS fx, "end",
                CAST(0 AS DECIMAL(18,4)) AS end_without_rate,
                customers_begin, customers_new, customers_reactivated, customers_churned, customers_end
            FROM sums LEFT JOIN kinds USING (as_of)),
        rates AS (
            SELECT *, customers_churned / NULLIF(customers_begin, 0) AS logo_churn_rate,
                CAST(-(churn + contraction) / NULLIF(begin, 0) AS DOUBLE) AS gross_churn_rate,
                CAST(-(churn + contraction + expansion) / NULLIF(begin, 0) AS DOUBLE) AS net_churn_rate
            FROM filled)
        SELECT *, 1 - gross_churn_rate AS grr, 1 - net_churn_rate AS nrr,
            CAST((new_business + reactivation + expansion) / NULLIF(-(contraction + churn), 0) AS DOUBLE)
                AS quick_ratio,
            CAST("end" / NULLIF(customers_end, 0) AS DOUBLE) AS arpa,
            1 - POWER(1 - logo_churn_rate, 12) AS annual_churn_rate
        FROM rates""",
}


def fill_registers(engine: Engine) -> None:
    """Make every register from the stages and facts of the as-of date."""
    for name, sql in _REGISTERS.items():
        engine.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")


_TURN = "CAST(RIGHT(party_id, 3) AS INTEGER)"
_REGISTERS = {
    "contract_issues": f"""
        SELECT party_id, 'crm' AS system, 'K' || party_id AS contract,
            ['overlap', 'gap', 'missing_end', 'backdated'][1 + {_TURN} % 4] AS issue,
            'Starts on 2026-01-01, signed on 2026-01-09' AS detail
        FROM facts WHERE has_contract AND {_TURN} % 11 = 0""",
    "renewals": f"""
        SELECT party_id, 'crm' AS system, 'K' || party_id AS contract, as_of + {_TURN} % 90 + 1 AS renews_on,
            {_TURN} % 90 + 1 AS days_left, {_TURN} % 3 = 0 AS auto_renew, {_TURN} % 7 = 0 AS notice_given, mrr
        FROM facts WHERE mrr > 0 AND {_TURN} % 4 = 0""",
    "paying_status": f"""
        SELECT party_id,
            CASE WHEN {_TURN} % 10 = 0 THEN 'not_paying' WHEN {_TURN} % 17 = 0 THEN 'unknown' ELSE 'paying' END
                AS manual, as_of - {_TURN} AS manual_on, CASE WHEN has_paid THEN 'paying' END AS provider,
            CASE WHEN has_paid THEN as_of - 20 END AS provider_on,
            CASE WHEN stage IN ('active', 'inactive', 'lapsed_paying') THEN 'paying' ELSE 'not_paying' END AS derived,
            manual <> derived AND {_TURN} % 2 = 0 AS stale,
            CASE WHEN manual <> derived AND {_TURN} % 2 = 0 THEN as_of - {_TURN} // 2 END AS wrong_since
        FROM facts JOIN stages USING (party_id) WHERE has_contract AND {_TURN} % 3 = 0""",
    "status_words": """
        SELECT 'manual' AS origin, CASE manual WHEN 'unknown' THEN 'tbc' ELSE manual END AS status, manual AS meaning,
            COUNT(*) AS rows, COUNT(*) AS parties
        FROM paying_status GROUP BY manual""",
    "managed_in": """
        SELECT party_id, CASE WHEN mrr > 800 THEN 'crm' ELSE 'billing' END AS system,
            CASE WHEN mrr > 800 THEN 'mrr > 800' ELSE 'otherwise' END AS rule
        FROM facts JOIN stages USING (party_id) WHERE has_contract AND stage IN ('active', 'inactive')""",
    "commissions": f"""
        SELECT 'crm' AS system, 'D' || party_id AS deal, party_id, ['Ann', 'Ben', 'Cleo'][1 + {_TURN} % 3] AS owner,
            won_amount AS amount, signed_on AS signed, first_paid_on + {_TURN} % 60 AS first_payment,
            first_used_on AS active_use, {_TURN} % 5 = 0 AS rules_disagree
        FROM facts WHERE won_on IS NOT NULL""",
    "relationships": f"""
        SELECT party_id, CASE WHEN {_TURN} % 2 = 0 THEN (SELECT MIN(party_id) FROM stages WHERE stage = 'active') END
                AS served_by, 'person-person' AS kind, 'provider' AS serving_role,
            CASE WHEN {_TURN} % 2 = 0 THEN 'mission' ELSE 'money' END AS aim
        FROM stages WHERE stage = 'served'""",
    "trade": f"""
        SELECT party_id, CAST(500 * ({_TURN} % 3) AS DECIMAL(18,4)) AS received,
            CAST(-100 * (1 + {_TURN} % 20) AS DECIMAL(18,4)) AS paid,
            CAST(500 * ({_TURN} % 3) - 100 * (1 + {_TURN} % 20) AS DECIMAL(18,4)) AS net, FALSE AS is_customer
        FROM stages WHERE stage = 'supplier'""",
    "cash_and_profit": """
        WITH signs AS (
            SELECT net_cash_12m > 0 AS cash_positive, profit_12m > 0 AS profitable, net_cash_12m, profit_12m
            FROM facts JOIN stages USING (party_id) WHERE stage IN ('active', 'inactive')),
        names (cash_positive, profitable, label) AS (VALUES
            (TRUE, TRUE, 'Good customer'), (TRUE, FALSE, 'Pays, does not profit'),
            (FALSE, TRUE, 'Profits, does not pay yet'), (FALSE, FALSE, 'Costs more than it brings'))
        SELECT cash_positive, profitable, label, COUNT(net_cash_12m) AS parties,
            COALESCE(SUM(net_cash_12m), 0) AS net_cash_12m, COALESCE(SUM(profit_12m), 0) AS profit_12m
        FROM names LEFT JOIN signs USING (cash_positive, profitable) GROUP BY ALL""",
}
