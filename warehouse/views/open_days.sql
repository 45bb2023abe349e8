-- One row an app and chart in which it was ranked on the snapshot's own UTC day: still open, counted as it stands.
SELECT (observed_at AT TIME ZONE 'UTC')::DATE AS day, store, country, device, collection, category, app_id,
       any_value(app) AS app, arg_max(name, observed_at) AS name, min(rank) AS best_rank, max(rank) AS worst_rank,
       avg(rank) AS mean_rank, arg_max(rank, observed_at) AS last_rank, count(*)::SMALLINT AS readings,
       count(*) FILTER (rank <= 10)::SMALLINT AS in_top_10, max(recorded_at) AS recorded_at, month
FROM chart_entries
WHERE month >= strftime(lake.snapshot() AT TIME ZONE 'UTC', '%Y-%m')
  AND observed_at >= date_trunc('day', lake.snapshot() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
GROUP BY ALL
