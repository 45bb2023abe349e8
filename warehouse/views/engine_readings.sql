-- One row a case of the local engine: a model at a batch and a context on a device, as it was measured there.
SELECT r.*
FROM lake.engine_readings AS r
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
WHERE r.recorded_at <= lake.snapshot()
