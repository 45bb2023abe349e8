-- One row two targets measured side by side and figure: `target` is `ratio` times as fast as `other_target`.
SELECT
    r.target, o.target AS other_target, r.workload, r.load, r.users, r.rate, r.observed_at,
    c.figure, c.pairs, c.ratio, c.low, c.high, c.probe, c.other, c.recorded_at
FROM lake.probe_comparisons AS c
JOIN probe_runs AS r ON r.reading_id = c.probe AND r.recorded_at = c.recorded_at
JOIN probe_runs AS o ON o.reading_id = c.other
