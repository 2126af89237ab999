-- What a customer brings beside its own money: an estimate, kept apart from it.

-- step: _first_referrals
SELECT referrer_party_id AS referrer, referred_party_id AS referred, referred_on, would_have_joined_anyway,
       ROW_NUMBER() OVER (PARTITION BY referred_party_id ORDER BY referred_on, system, id) AS place
FROM referrals
WHERE referred_on <= $as_of AND referrer_party_id <> referred_party_id

-- step: _winning_referrals
-- The first referral wins a party, unless it made no difference, came after the first money, or its giver has no value.
SELECT r.referrer, r.referred, r.referred_on
FROM _first_referrals AS r
JOIN futures AS a ON a.party_id = r.referrer
JOIN futures AS b ON b.party_id = r.referred
JOIN facts AS f ON f.party_id = r.referred
WHERE r.place = 1 AND NOT COALESCE(r.would_have_joined_anyway, FALSE)
  AND COALESCE(LEAST(f.first_paid_on, f.first_ordered_on), f.first_paid_on, f.first_ordered_on) >= r.referred_on

-- step: _own_net
SELECT party_id, {net}
FROM cube
WHERE party_id IN (SELECT referred FROM _winning_referrals)
GROUP BY party_id

-- step: _moved
-- What the referred is worth by itself, the less the longer ago it was referred; what costs more than it brings stays.
SELECT r.referrer, r.referred, {moved}
FROM _winning_referrals AS r
JOIN _own_net AS n ON n.party_id = r.referred

-- step: _sides
SELECT referrer AS party_id, {received} FROM _moved
UNION ALL
SELECT referred AS party_id, {given} FROM _moved

-- step: _recent_ideas
SELECT party_id, status, CAST(COALESCE(reporting_value_estimate, 0) AS DECIMAL(18,4)) AS estimate
FROM ideas
WHERE kind = 'idea' AND submitted_on > $year_ago AND submitted_on <= $as_of

-- step: _accepted_share
-- Of all ideas decided so far, with one more on either side, so that few decisions do not say all or nothing.
SELECT (COUNT(*) FILTER (WHERE status = 'accepted') + 1) / CAST(COUNT(*) + 2 AS DOUBLE) AS share
FROM ideas
WHERE kind = 'idea' AND submitted_on <= $as_of AND status IN ('accepted', 'rejected')

-- step: _innovation
SELECT i.party_id,
       SUM(CASE WHEN i.status = 'accepted' THEN i.estimate
                WHEN i.status = 'open' THEN CAST(i.estimate * s.share AS DECIMAL(18,4)) ELSE 0 END) AS year_1
FROM _recent_ideas AS i
JOIN futures AS f ON f.party_id = i.party_id
CROSS JOIN _accepted_share AS s
GROUP BY i.party_id

-- step: _given
SELECT party_id, 'advocacy' AS stream, {sums}
FROM _sides
GROUP BY party_id
UNION ALL
SELECT party_id, 'innovation', {first_year}
FROM _innovation

-- step: given_streams
SELECT *, CAST(0 AS DECIMAL(18,4)) AS later
FROM _given
WHERE {not_zero}
