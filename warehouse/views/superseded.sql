-- One row a reading that a later reading of the same look replaces, in this snapshot. The views leave them out with an
-- anti join: a correlated NOT EXISTS would keep a question's own conditions from reaching the files.
SELECT reading_id, recorded_at, superseded_at
FROM lake.superseded
WHERE superseded_at <= lake.snapshot()
