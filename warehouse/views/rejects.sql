-- One row a fact that was set aside, with the reason.
SELECT reading_id, kind, position, reason, text, run_id, recorded_at
FROM lake.rejects
WHERE recorded_at <= lake.snapshot()
