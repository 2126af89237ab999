-- At which yearly rate each party's cash is discounted: by the first rule that holds for it, or at that of all.

-- step: _placed
SELECT party_id, {rate} AS rate
FROM (SELECT f.*, s.stage FROM facts AS f LEFT JOIN stages AS s ON s.party_id = f.party_id) AS parties

-- step: party_rates
SELECT party_id, rate, CAST({annual_rate} AS DOUBLE) AS annual_rate
FROM _placed
