-- Who brings net cash and who takes it: parties in the order of their net cash, in tenths and by quadrant.

-- step: external_cash
-- One's own units and test accounts are nobody's customers.
SELECT cash.* FROM cash JOIN stages USING (party_id) WHERE stage <> 'internal'

-- step: recent_cash
SELECT party_id, net_cash_12m FROM cash JOIN stages USING (party_id) WHERE stage <> 'internal' AND last_month >= $since

-- step: _netted
-- `$recent` counts the last 12 months alone.
SELECT party_id, CASE WHEN $recent THEN net_cash_12m ELSE net_cash END AS net
FROM cash JOIN stages USING (party_id)
WHERE stage <> 'internal' AND last_month >= $since

-- step: _placed
-- With each party's place from the best.
SELECT party_id, net, ROW_NUMBER() OVER (ORDER BY net DESC, party_id) AS place, COUNT(*) OVER () AS parties
FROM _netted

-- step: _in_tenths
-- The first tenth is rounded up, as the best tenth of the concentration is.
SELECT party_id, net, place, parties, 1 + (place - 1) * 10 // parties AS tenth
FROM _placed

-- step: tenths
SELECT
    tenth,
    COUNT(*) AS parties,
    SUM(net) AS net,
    (MIN(place) - 1) / MAX(CAST(parties AS DOUBLE)) AS low,
    MAX(place) / MAX(CAST(parties AS DOUBLE)) AS high
FROM _in_tenths
GROUP BY tenth
ORDER BY tenth

-- step: tenth
SELECT party_id, net AS amount FROM _in_tenths WHERE tenth = $tenth

-- step: losing
SELECT party_id, net AS amount FROM _netted WHERE net < 0

-- step: winning
SELECT party_id, net AS amount FROM _netted WHERE net > 0

-- step: _served
SELECT
    party_id,
    net_cash_12m,
    revenue_12m + refunds_12m + cost_of_goods_12m AS margin,
    -(acquisition_12m + retention_12m + sales_12m + support_12m + incentives_12m + other_12m) AS served
FROM cash JOIN stages USING (party_id)
WHERE stage <> 'internal'

-- step: in_quadrant
-- Parties of one quadrant, whose borders the reader of `quadrants` gives.
SELECT party_id, net_cash_12m AS amount
FROM _served
WHERE
    (margin <> 0 OR served <> 0)
    AND (margin > CAST($margin_border AS DECIMAL(18,4))) = $high_margin
    AND (served > CAST($cost_border AS DECIMAL(18,4))) = $high_cost

-- step: spells
SELECT
    COUNT(*) FILTER (WHERE cash_positive_months > 0) AS cash_positive,
    COUNT(*) FILTER (WHERE cash_positive_months >= 12) AS cash_year,
    COUNT(*) FILTER (WHERE profitable_months > 0) AS profitable,
    COUNT(*) FILTER (WHERE profitable_months >= 12) AS profit_year,
    COUNT(*) FILTER (WHERE cash_positive_months BETWEEN 1 AND 3) AS cash_new,
    COUNT(*) FILTER (WHERE profitable_months BETWEEN 1 AND 3) AS profit_new
FROM cash_spells

-- step: cells
SELECT
    as_of, complete,
    CASE
        WHEN cash_positive THEN CASE WHEN profitable THEN 'both' ELSE 'cash' END
        WHEN profitable THEN 'profit'
        ELSE 'neither'
    END AS key,
    parties AS amount
FROM cash_and_profit_months
ORDER BY as_of, key

-- step: scale_curves
SELECT *
FROM scale_curves
ORDER BY cost_12m DESC NULLS LAST, function, pool

-- step: scale_refused
SELECT pool, reason FROM scale_curves WHERE elasticity IS NULL ORDER BY pool

-- step: scale_effects
-- Those whose volume matters most to the others.
SELECT e.*, label AS customer, c.driver AS driver, c.elasticity AS elasticity
FROM scale_effects AS e
JOIN parties USING (party_id)
LEFT JOIN scale_curves AS c ON c.pool = e.main_pool
WHERE scale_credit_12m <> 0
QUALIFY ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY c.cost_12m DESC NULLS LAST) = 1
ORDER BY ABS(scale_credit_12m) DESC, party_id
LIMIT $rows
