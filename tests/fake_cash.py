"""What the views of the cash flow page show beside cash itself: signs over time, scale, pools, break-even, receivables.

Made from the tables of cash and stages of the random company, so that the parts agree with each other.
"""

from valuekit.engine import Engine

_TURN = "CAST(RIGHT(party_id, 3) AS INTEGER)"


def fill_cash(engine: Engine, *, retailer: bool) -> None:
    """Make every table that follows from cash; a company of orders alone has no pools, invoices or scale."""
    for name, sql in (_SIGNS if retailer else _SIGNS | _COSTS).items():
        engine.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")


_SIGNS = {
    "cash_spells": f"""
        SELECT party_id, IF(net_cash_12m > 0, last_month, NULL) AS cash_positive_since,
            IF(net_cash_12m > 0, 1 + {_TURN} % 24, 0) AS cash_positive_months,
            IF(net_cash_12m > 50, last_month, NULL) AS profitable_since,
            IF(net_cash_12m > 50, 1 + {_TURN} % 18, 0) AS profitable_months
        FROM cash""",
    "cash_and_profit_months": """
        WITH ends AS (SELECT DISTINCT as_of, complete FROM stage_months)
        SELECT as_of, complete, cash_positive, profitable,
            CAST(parties * (0.6 + 0.4 * (RANK() OVER (PARTITION BY cash_positive, profitable ORDER BY as_of))
                / COUNT(*) OVER (PARTITION BY cash_positive, profitable)) AS BIGINT) AS parties
        FROM ends CROSS JOIN cash_and_profit""",
}
_COSTS = {
    "party_pools": """
        SELECT party_id, line, line || ' team' AS pool, cost AS cost_12m
        FROM (SELECT party_id, acquisition_12m + retention_12m AS marketing, sales_12m AS sales,
                support_12m AS support, cost_of_goods_12m AS cost_of_goods, incentives_12m AS incentives,
                other_12m AS other FROM cash)
            UNPIVOT (cost FOR line IN (marketing, sales, support, cost_of_goods, incentives, other))
        WHERE cost <> 0""",
    "scale_curves": """
        SELECT function, pool, IF(pool = 'hosting', 'usage_events', 'ticket_minutes') AS driver,
            IF(pool = 'hosting', 'given', 'none') AS basis,
            IF(pool = 'hosting', NULL, 'volume_hardly_varies') AS reason,
            IF(pool = 'hosting', 0.7, NULL) AS elasticity, CAST(NULL AS DOUBLE) AS estimate,
            CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, 36 AS months,
            CAST(cost AS DECIMAL(18, 4)) AS cost_12m, 1000.0 AS units_12m, cost / 1000 AS unit_cost,
            CAST(IF(pool = 'hosting', -120, 0) AS DECIMAL(18, 4)) AS residual_12m
        FROM (VALUES ('cost_of_goods', 'hosting', 90000.0), ('support', 'support team', 60000.0))
            AS pools (function, pool, cost)""",
    "scale_effects": f"""
        SELECT party_id, net_cash_12m AS standalone_12m, credit AS scale_credit_12m,
            net_cash_12m + credit AS with_scale_12m, IF(credit > 0, 'hosting', NULL) AS main_pool,
            IF(credit > 0, credit, NULL) AS main_pool_credit_12m, IF(credit > 0, 0.08, NULL) AS main_pool_share
        FROM (SELECT *, CAST(IF(revenue_12m > 15000, 400 + {_TURN}, 0) AS DECIMAL(18, 4)) AS credit FROM cash)""",
    "pool_months": """
        SELECT * EXCLUDE (timed) REPLACE (
            IF(timed, -ROUND(cost / 0.85), NULL) AS capacity_minutes,
            IF(timed, -ROUND(cost / 0.85) + ROUND(unused_cost / 0.85), NULL) AS minutes_used,
            IF(timed, 0.85, NULL) AS rate_per_minute, IF(timed, -ROUND(unused_cost / 0.85), NULL) AS unused_minutes,
            IF(timed, 0, NULL) AS over_capacity_minutes)
        FROM (SELECT *, function IN ('support', 'sales') AS timed FROM pool_months)""",
    "cash_notes": """
        SELECT 'campaign_touched_nobody' AS note, 'spring fair' AS place, 2 AS rows,
            CAST(-900 AS DECIMAL(18, 4)) AS amount, 'Nobody was touched: its cost goes by the driver of its pool.'
                AS message""",
    "break_even": f"""
        WITH parts AS (
            SELECT party_id, net_cash_12m AS net, revenue_12m + refunds_12m AS priced,
                revenue_12m + refunds_12m + cost_of_goods_12m + incentives_12m AS variable, {_TURN} % 40 AS minutes
            FROM cash
            UNION ALL
            SELECT NULL, SUM(ledger), SUM(ledger) FILTER (line IN ('revenue', 'refunds')),
                SUM(attributed + unattributed), 900
            FROM books WHERE month >= DATE '2025-07-01')
        SELECT party_id, net AS net_cash_12m, variable AS variable_12m, net - variable AS fixed_12m,
            priced AS priced_12m, 0 AS capacity_12m,
            IF(variable > 0 AND net < variable, CAST((variable - net) / variable AS DOUBLE), NULL)
                AS volume, IF(variable > 0 AND net < variable, NULL, 'no_volume') AS volume_reason,
            IF(priced > 0, CAST(-net / priced AS DOUBLE), NULL) AS price_change,
            IF(priced > 0, NULL, 'no_revenue') AS price_reason, minutes AS minutes_a_month, 0.85 AS minute_rate,
            IF(net >= 0, minutes + CAST(net AS DOUBLE) / 12 / 0.85, NULL) AS minutes_at_zero,
            IF(net >= 0, NULL, 'loses_without_support') AS minutes_reason
        FROM parts""",
    "receivables": """
        SELECT as_of, complete, size AS open, size * 0.6 AS current, size * 0.2 AS overdue_1_30,
            size * 0.1 AS overdue_31_60, size * 0.06 AS overdue_61_90, size * 0.04 AS overdue_over_90, 120 AS disputed,
            300 AS written_off, size * 3 AS credit_sales, 0 AS unknown, 0 AS without_invoice, 30.0 AS dso,
            18.0 AS best_possible_dso, 12.0 AS average_days_delinquent
        FROM (SELECT DISTINCT as_of, complete, CAST(4000 + 100 * MONTH(as_of) AS DECIMAL(18, 4)) AS size
              FROM stage_months)""",
    "paying_on_time": f"""
        SELECT party_id, 12 AS due, 0 AS unknown, 12 - {_TURN} % 5 AS on_time, paid AS amount_due,
            paid * (1 - {_TURN} % 5 / 12) AS amount_on_time, 1 - {_TURN} % 5 / 12 AS on_time_rate,
            1 - {_TURN} % 5 / 12 AS on_time_share, {_TURN} % 5 * 2.5 AS mean_days_late,
            {_TURN} % 5 * 3.0 AS weighted_days_late, overdue > 0 AS at_least, overdue,
            IF(overdue > 0, as_of - {_TURN} % 80, NULL) AS oldest_due_on, IF(overdue > 0, {_TURN} % 80, NULL)
                AS oldest_days_overdue, IF(overdue > 0, {_TURN} % 80, NULL) AS weighted_days_overdue,
            IF({_TURN} % 50 = 0, 75, 0) AS disputed, 0 AS written_off, 0 AS overpaid, 0 AS credited,
            0 AS without_invoice
        FROM facts WHERE has_paid""",
    "expected_cost": """
        SELECT party_id, function, ROUND(total / 12, 4) AS monthly, ROUND(total / 10, 4) AS low,
            ROUND(total / 15, 4) AS high, ROUND(total / 12, 4) AS own, ROUND(total / 11, 4) AS peer, 0.7 AS own_weight,
            'pooled' AS basis, 'glm' AS model
        FROM (SELECT party_id, 'support' AS function, support_12m AS total FROM cash
              UNION ALL SELECT party_id, 'sales', sales_12m FROM cash)
        WHERE total < 0""",
}
