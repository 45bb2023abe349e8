-- One row an app, store, storefront, day, method and method version: the figure as last stated.
-- lake.estimates holds every earlier statement.
SELECT * EXCLUDE (withdrawn)
FROM (
    FROM lake.estimates
    WHERE recorded_at <= lake.snapshot()
    QUALIFY row_number() OVER (
        PARTITION BY app, app_id, store, country, day, method, method_version ORDER BY recorded_at DESC
    ) = 1
)
WHERE NOT withdrawn
