-- Unit economics of the members of one definition ($definition).

-- step: definition
SELECT definition, label, owner, system, members FROM definitions WHERE definition = $definition

-- step: headline
SELECT label, members FROM definitions WHERE headline

-- step: _counted
SELECT l.party_id
FROM party_lists AS l
JOIN definitions AS d ON (l.definitions & d.bit) <> 0
WHERE d.definition = $definition

-- step: totals
SELECT
    COUNT(*) AS members,
    CAST(COALESCE(SUM(c.net_cash_12m), 0) AS DECIMAL(18, 4)) AS net_cash_12m,
    CAST(-COALESCE(SUM(c.acquisition_12m + c.retention_12m + c.sales_12m + c.support_12m + c.incentives_12m + c.other_12m), 0) AS DECIMAL(18, 4))
        AS cost_to_serve_12m,
    CAST(COALESCE(SUM(l.ltv), 0) AS DECIMAL(18, 4)) AS ltv,
    CAST(COALESCE(SUM(f.mrr), 0) AS DECIMAL(18, 4)) AS mrr
FROM _counted AS m
JOIN facts AS f USING (party_id)
LEFT JOIN cash AS c USING (party_id)
LEFT JOIN ltv AS l USING (party_id)
