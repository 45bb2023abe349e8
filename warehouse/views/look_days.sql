-- One row a chart and UTC day on which somebody looked: how often, and with what end. A day without a row: nobody did.
SELECT d.day, d.store, d.country, d.device, d.collection, d.category,
       d.looks, d.complete, d.partial, d.refused, d.failed, d.depth, d.followed_only, d.recorded_at, d.month
FROM lake.look_days AS d
SEMI JOIN (
    SELECT store, country, device, collection, category, day, max(recorded_at) AS recorded_at
    FROM lake.look_days
    WHERE recorded_at <= lake.snapshot()
    GROUP BY ALL
) AS newest
    ON newest.store = d.store AND newest.country = d.country AND newest.device = d.device
    AND newest.collection = d.collection AND newest.category = d.category
    AND newest.day = d.day AND newest.recorded_at = d.recorded_at
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
