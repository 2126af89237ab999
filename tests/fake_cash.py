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
}
