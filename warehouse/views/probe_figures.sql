-- One row a probe and figure: percentiles with their 95% intervals, null where the samples are too few for them.
SELECT
    r.target, r.model, r.workload, r.load, r.users, r.rate, r.observed_at, r.count_source, r.outcome,
    f.figure, f.samples, f.mean, f.p50, f.p50_low, f.p50_high, f.p95, f.p95_low, f.p95_high, f.p99, f.p99_low, f.p99_high,
    f.probe, f.recorded_at
FROM lake.probe_figures AS f
JOIN probe_runs AS r ON r.reading_id = f.probe AND r.recorded_at = f.recorded_at
