-- One row a dated event, as on file at the snapshot; a file that was removed is no longer on file.
SELECT * EXCLUDE (withdrawn)
FROM (
    FROM lake.events
    WHERE recorded_at <= lake.snapshot()
    QUALIFY row_number() OVER (PARTITION BY event ORDER BY recorded_at DESC) = 1
)
WHERE NOT withdrawn
