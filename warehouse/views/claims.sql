-- One row a published figure, as on file at the snapshot; a file that was removed is no longer on file.
SELECT * EXCLUDE (withdrawn)
FROM (
    FROM lake.claims
    WHERE recorded_at <= lake.snapshot()
    QUALIFY row_number() OVER (PARTITION BY claim ORDER BY recorded_at DESC) = 1
)
WHERE NOT withdrawn
