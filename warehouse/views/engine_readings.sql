-- One row a case of the local engine: a model at a batch and a context on a device, as it was measured there.
SELECT r.*
FROM lake.engine_readings AS r
WHERE r.recorded_at <= lake.snapshot()
  AND NOT EXISTS (
      FROM lake.superseded AS o
      WHERE o.reading_id = r.reading_id AND o.recorded_at = r.recorded_at AND o.superseded_at <= lake.snapshot()
  )
