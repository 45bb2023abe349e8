-- One row an app, chart and UTC day on which the app was ranked at least once. A day without a row says nothing by
-- itself: look_days tells whether anybody looked.
SELECT d.day, d.store, d.country, d.device, d.collection, d.category, d.app_id, f.app, n.name,
       d.best_rank, d.worst_rank, d.mean_rank, d.last_rank, d.readings, d.in_top_10, d.recorded_at, d.month
FROM (
    SELECT d.*
    FROM lake.chart_days AS d
    SEMI JOIN (
        SELECT store, country, device, collection, category, day, max(recorded_at) AS recorded_at
        FROM lake.look_days
        WHERE recorded_at <= lake.snapshot()
        GROUP BY ALL
    ) AS newest
        ON newest.store = d.store AND newest.country = d.country AND newest.device = d.device
        AND newest.collection = d.collection AND newest.category = d.category
        AND newest.day = d.day AND newest.recorded_at = d.recorded_at
) AS d
LEFT JOIN lake.names AS n USING (name_id)
LEFT JOIN lake.followed AS f
    ON f.store = d.store AND f.app_id = d.app_id
    AND d.day >= coalesce(f.since, DATE '1970-01-01') AND d.day < coalesce(f.until, DATE '9999-01-01')
UNION ALL
FROM open_days
