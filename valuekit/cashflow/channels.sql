-- Where each party came from, and when it was won.

-- step: _first_days
SELECT party_id, MIN(engaged_on) AS engaged_on
FROM engagements
WHERE party_id IS NOT NULL
GROUP BY party_id

-- step: _first_contacts
SELECT e.party_id, e.kind, e.campaign, e.engaged_on
FROM engagements AS e
JOIN _first_days AS d ON d.party_id = e.party_id AND d.engaged_on = e.engaged_on
QUALIFY ROW_NUMBER() OVER (PARTITION BY e.party_id ORDER BY e.system, e.id) = 1

-- step: channels
SELECT
    q.party_id,
    COALESCE(f.kind, 'none') AS channel,
    f.campaign,
    f.engaged_on AS touched_on,
    q.won AS won_month,
    CAST(COALESCE(DATE_DIFF('month', q.won, CAST($as_of AS DATE)) + 1, 0) AS BIGINT) AS months
FROM cashflow_parties AS q
LEFT JOIN _first_contacts AS f USING (party_id)
WHERE f.party_id IS NOT NULL OR q.won IS NOT NULL
