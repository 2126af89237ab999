-- Contract terms as somebody hands them over, with what `contracts.sql` needs to know of each.

-- step: _numbered
SELECT *, ROW_NUMBER() OVER (ORDER BY customer, starts_on, ends_on, term_months, price, signed_on, cancelled_on, kind)
            AS number
FROM read_terms

-- step: all_terms
-- Notice ends a term without end with the months that are under way, whole terms of them.
-- `runs_on`: it is longer than its term, so its end was not agreed on when it was signed.
SELECT customer AS party_id, 'given' AS system, LPAD(CAST(number AS VARCHAR), 12, '0') AS id,
       COALESCE(signed_on, starts_on) AS signed_on, starts_on,
       COALESCE(ends_on, CASE WHEN cancelled_on IS NOT NULL THEN CAST(starts_on + TO_MONTHS(
         term_months * (GREATEST(DATESUB('month', starts_on, cancelled_on), 0) // term_months + 1)
       ) AS DATE) - 1 END) AS ends_on,
       cancelled_on, term_months, price, kind,
       ends_on IS NULL OR {ran_on} AS runs_on
FROM _numbered
