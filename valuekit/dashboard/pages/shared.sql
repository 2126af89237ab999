-- What several pages ask.

-- step: definitions
SELECT definition, label, owner, system, sentence, predicate, headline, members, not_countable
FROM definitions
ORDER BY headline DESC, owner, definition

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
