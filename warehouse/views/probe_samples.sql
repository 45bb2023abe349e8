-- One row a request of a probe, with its raw time stamps (ns from the probe's clock 0); warm-up requests are marked.
SELECT r.target, s.*
FROM lake.probe_samples AS s
LEFT JOIN probe_runs AS r ON r.reading_id = s.probe
WHERE s.recorded_at <= lake.snapshot()
  AND NOT EXISTS (
      FROM lake.superseded AS o
      WHERE o.reading_id = s.reading_id AND o.recorded_at = s.recorded_at AND o.superseded_at <= lake.snapshot()
  )
