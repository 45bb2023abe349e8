-- One row a time that a host was left alone, with the reason; it is left alone now while `until` lies ahead.
SELECT host, reason, message, began_at, until, run_id, recorded_at
FROM lake.pauses
WHERE recorded_at <= lake.snapshot()
