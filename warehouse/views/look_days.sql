-- One row a chart and UTC day on which somebody looked: how often, and with what end. A day without a row: nobody did.
SELECT day, store, country, device, collection, category,
       looks, complete, partial, refused, failed, depth, followed_only, recorded_at, month
FROM lake.look_days
WHERE recorded_at <= lake.snapshot()
QUALIFY rank() OVER (
    PARTITION BY store, country, device, collection, category, day, month ORDER BY recorded_at DESC
) = 1
UNION ALL
-- the snapshot's own day is still open: counted as it stands
SELECT (observed_at AT TIME ZONE 'UTC')::DATE AS day, store, country, device, collection, category,
       count(*)::SMALLINT,
       count(*) FILTER (status = 'complete')::SMALLINT,
       count(*) FILTER (status = 'partial')::SMALLINT,
       count(*) FILTER (status = 'refused')::SMALLINT,
       count(*) FILTER (status IN ('blocked', 'failed', 'layout_changed'))::SMALLINT,
       max(depth) FILTER (status = 'complete'),
       coalesce(bool_and(imported AND entries < depth) FILTER (status IN ('complete', 'partial')), false),
       max(recorded_at), month
FROM chart_readings
WHERE month >= strftime(lake.snapshot() AT TIME ZONE 'UTC', '%Y-%m')
  AND observed_at >= date_trunc('day', lake.snapshot() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
GROUP BY ALL
