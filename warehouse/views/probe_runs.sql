-- One row a target measured under one load, also when it was skipped or failed; a better reading replaces the earlier one.
-- `requests` counts what was asked after the warm-up, `answered` those that came whole.
SELECT
    r.* EXCLUDE (month), s.requests, s.answered, r.month
FROM lake.probe_runs AS r
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
LEFT JOIN (
    SELECT probe, recorded_at, count(*) FILTER (NOT warmup) AS requests,
           count(*) FILTER (NOT warmup AND outcome = 'complete') AS answered
    FROM lake.probe_samples GROUP BY ALL
) AS s ON s.probe = r.reading_id AND s.recorded_at = r.recorded_at
WHERE r.recorded_at <= lake.snapshot()
