-- How well records were joined: pairs of records of one party, found and true; and parties that are exactly right.

-- step: _joined
SELECT t.truth, r.party_id, COUNT(*) AS records
FROM truth AS t
JOIN party_records AS r ON r.system = t.system AND r.record = t.record
GROUP BY t.truth, r.party_id

-- step: _found
SELECT SUM(n * (n - 1) // 2) AS pairs, COUNT(*) AS clusters FROM (SELECT SUM(records) AS n FROM _joined GROUP BY party_id)

-- step: _true
SELECT SUM(n * (n - 1) // 2) AS pairs, COUNT(*) AS clusters FROM (SELECT SUM(records) AS n FROM _joined GROUP BY truth)

-- step: _both
SELECT SUM(records * (records - 1) // 2) AS pairs FROM _joined

-- step: _exact
SELECT COUNT(*) AS clusters
FROM (SELECT *, COUNT(*) OVER (PARTITION BY truth) AS parts, COUNT(*) OVER (PARTITION BY party_id) AS truths FROM _joined)
WHERE parts = 1 AND truths = 1

-- step: _cubed
-- Of each record's cluster, the share that is right and the share that was found (B-cubed).
SELECT
  SUM(records * records / NULLIF(of_party, 0)) / NULLIF(SUM(records), 0) AS precision,
  SUM(records * records / NULLIF(of_truth, 0)) / NULLIF(SUM(records), 0) AS recall
FROM (
  SELECT
    *, SUM(records) OVER (PARTITION BY party_id) AS of_party, SUM(records) OVER (PARTITION BY truth) AS of_truth
  FROM _joined
)

-- step: identity_quality
SELECT
  b.pairs / NULLIF(f.pairs, 0) AS pair_precision,
  b.pairs / NULLIF(t.pairs, 0) AS pair_recall,
  2 * b.pairs / NULLIF(f.pairs + t.pairs, 0) AS pair_f1,
  e.clusters / NULLIF(f.clusters, 0) AS cluster_precision,
  e.clusters / NULLIF(t.clusters, 0) AS cluster_recall,
  c.precision AS bcubed_precision,
  c.recall AS bcubed_recall,
  f.clusters AS clusters_found,
  t.clusters AS clusters_true,
  (SELECT COUNT(*) FROM review_pairs) AS review_pairs
FROM _found AS f, _true AS t, _both AS b, _exact AS e, _cubed AS c
