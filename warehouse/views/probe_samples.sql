-- One row a request of a probe, with its raw time stamps (ns from the probe's clock 0); warm-up requests are marked.
SELECT r.target, s.*
FROM lake.probe_samples AS s
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
LEFT JOIN probe_runs AS r ON r.reading_id = s.probe
WHERE s.recorded_at <= lake.snapshot()
