-- One row an app, chart and UTC day on which the app was ranked at least once.
SELECT
    (observed_at AT TIME ZONE 'UTC')::DATE AS day,
    store, country, device, collection, category, app_id,
    any_value(app) AS app,
    arg_max(name, observed_at) AS name,
    min(rank) AS best_rank,
    max(rank) AS worst_rank,
    avg(rank) AS mean_rank,
    arg_max(rank, observed_at) AS last_rank,
    count(*) AS readings,
    max(recorded_at) AS recorded_at
FROM chart_entries
GROUP BY ALL
