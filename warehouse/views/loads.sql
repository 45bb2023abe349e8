-- One row a complete load: a snapshot that every read can be asked as of.
SELECT load, recorded_at, finished_at, runs, readings, entries, rejects, known
FROM lake.loads
WHERE recorded_at <= lake.snapshot()
