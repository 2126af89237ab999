-- What several pages ask.

-- step: definitions
SELECT
    definition, label, owner, system, sentence, predicate, event_on, counts, excludes, status, answers, version, kind,
    headline, members, members_with_internal, not_countable, bit, reason_bits
FROM definitions
ORDER BY headline DESC, kind DESC, owner, definition

-- step: tiers
SELECT tier, tier_order, rule, lowest_ltv, highest_ltv, parties, ltv, net_cash_12m
FROM tiers
ORDER BY tier_order

-- step: _current
SELECT party_id FROM stages WHERE LIST_CONTAINS($current, stage)

-- step: _called
-- The parties that a search means: a part of what they are called, a record with or without its system, or the id.
SELECT party_id FROM parties WHERE CONTAINS(LOWER(label), LOWER($text)) OR LOWER(party_id) = LOWER($text)
UNION
SELECT party_id
FROM party_records
WHERE LOWER($text) IN (LOWER(record), LOWER(system || ' ' || record), LOWER(system || ':' || record))

-- step: _listed
SELECT party_id, amount, COALESCE(ltv.ltv, 0) AS ltv
FROM {chosen} AS chosen LEFT JOIN ltv USING (party_id)

-- step: _listed_first
SELECT party_id, amount, ltv FROM _listed ORDER BY ABS(amount) DESC NULLS LAST, ltv DESC, party_id LIMIT $rows

-- step: parties
-- The parties of a list, with what matters of them at the as-of date.
SELECT
    label AS customer,
    party_id,
    stage,
    stages.reason AS reason,
    since,
    _listed_first.amount AS amount,
    mrr,
    last_paid_on,
    last_used_on,
    contract_ends_on,
    _listed_first.ltv AS ltv,
    net_cash_12m,
    systems
FROM _listed_first
JOIN parties USING (party_id)
JOIN stages USING (party_id)
JOIN facts USING (party_id)
ORDER BY ABS(amount) DESC NULLS LAST, _listed_first.ltv DESC, party_id

-- step: party_count
SELECT COUNT(*) AS parties, COALESCE(SUM(ltv), 0) AS ltv FROM _listed
