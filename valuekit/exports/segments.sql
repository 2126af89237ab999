-- The value segments for other tools: one row per party, with its ids in every system and what the words mean.

-- step: _chosen
SELECT *
FROM segments
WHERE ($tier IS NULL OR tier = $tier) AND ($stage IS NULL OR stage = $stage)

-- step: _known_as
SELECT party_id, {records}
FROM party_records
GROUP BY party_id

-- step: segment_list
SELECT
    k.*,
    p.name,
    p.label,
    s.stage,
    s.tier,
    s.ltv,
    i.low_80 AS ltv_low_80,
    i.high_80 AS ltv_high_80,
    v.basis AS ltv_basis,
    v.own_weight AS ltv_own_weight,
    $currency AS currency,
    s.net_cash_12m,
    s.mrr,
    CAST($as_of AS DATE) AS as_of,
    $run_id AS run_id,
    t.rule AS tier_definition
FROM _chosen AS s
JOIN parties AS p ON p.party_id = s.party_id
JOIN _known_as AS k ON k.party_id = s.party_id
LEFT JOIN ltv AS v ON v.party_id = s.party_id
LEFT JOIN ltv_intervals AS i ON i.party_id = s.party_id
JOIN tiers AS t ON t.tier = s.tier
ORDER BY s.tier_order, s.ltv DESC, s.party_id
