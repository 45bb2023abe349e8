-- One row a crawl, replay or import.
SELECT run_id, kind, started_at, finished_at, result, asked, readings, usable, note, recorded_at
FROM lake.runs
WHERE recorded_at <= lake.snapshot()
