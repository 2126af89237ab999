-- Contract issues and stale paying statuses: planted and found.

-- step: _issue_pairs
SELECT COALESCE(t.issue, f.issue) AS issue, t.issue IS NOT NULL AS planted, f.issue IS NOT NULL AS found
FROM truth_contract_issues AS t
FULL JOIN contract_issues AS f ON f.system = t.system AND f.contract = t.contract AND f.issue = t.issue

-- step: issues_judged
SELECT
  issue, SUM(CAST(planted AS INTEGER)) AS planted, SUM(CAST(found AS INTEGER)) AS found,
  SUM(CAST(planted AND found AS INTEGER)) AS both_say
FROM _issue_pairs
GROUP BY issue
ORDER BY issue

-- step: _found_status
SELECT f.true_party, BOOL_OR(s.stale) AS stale, MIN(s.derived) AS derived
FROM paying_status AS s
JOIN found_map AS f USING (party_id)
WHERE s.manual IS NOT NULL
GROUP BY f.true_party

-- step: status_pairs
SELECT
  t.true_party, t.manual, t.pays, t.stale AS planted, COALESCE(f.stale, FALSE) AS found, f.derived,
  s.true_party IS NOT NULL AS is_split, e.stage
FROM truth_statuses AS t
LEFT JOIN _found_status AS f USING (true_party)
LEFT JOIN split_parties AS s USING (true_party)
LEFT JOIN truth_stages AS e ON e.true_party = t.true_party AND e.as_of = $as_of

-- step: statuses_result
SELECT
  COUNT(*) AS parties, SUM(CAST(planted AS INTEGER)) AS planted, SUM(CAST(found AS INTEGER)) AS found,
  SUM(CAST(planted AND found AS INTEGER)) AS both_say,
  SUM(CAST(planted AND found AS INTEGER)) / NULLIF(SUM(CAST(found AS INTEGER)), 0) AS precision,
  SUM(CAST(planted AND found AS INTEGER)) / NULLIF(SUM(CAST(planted AS INTEGER)), 0) AS recall
FROM status_pairs

-- step: status_errors
SELECT
  manual, pays AS truly_pays, COALESCE(derived, 'not found') AS derived, is_split AS records_not_joined,
  stage AS true_stage, COUNT(*) AS parties, MIN(true_party) AS example
FROM status_pairs
WHERE planted <> found
GROUP BY 1, 2, 3, 4, 5
ORDER BY parties DESC, 1, 2, 3, 4, 5
