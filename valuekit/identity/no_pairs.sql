-- step: identity_scored
SELECT join_key_l AS unique_id_l, join_key_r AS unique_id_r, 0.0 AS match_weight, 0.0 AS match_probability,
  FALSE AS alike, '' AS evidence
FROM identity_pairs
