-- Where each party came from, and when it was won.

-- step: _first_contacts
SELECT e.party_id, e.kind, e.campaign, e.engaged_on
FROM engagements AS e
WHERE e.party_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY e.party_id ORDER BY e.engaged_on, e.system, e.id) = 1

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
