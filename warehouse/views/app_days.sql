-- One row a followed app, chart of its store and UTC day on which somebody looked: what that day says of the app.
-- A day with any rank is ranked, else absent when a complete look lacked the app, else as the looks ended.
SELECT l.day, l.store, l.country, l.device, l.collection, l.category, f.app, f.app_id,
       CASE
           WHEN coalesce(d.best_rank, o.best_rank) IS NOT NULL THEN 'ranked'
           WHEN l.complete > 0 THEN 'absent'
           WHEN l.failed > 0 THEN 'failed'
           WHEN l.refused > 0 THEN 'refused'
           ELSE 'not_observed'
       END AS state,
       coalesce(d.best_rank, o.best_rank) AS best_rank, coalesce(d.worst_rank, o.worst_rank) AS worst_rank,
       coalesce(d.mean_rank, o.mean_rank) AS mean_rank, coalesce(d.last_rank, o.last_rank) AS last_rank,
       coalesce(d.readings, o.readings) AS readings, coalesce(d.in_top_10, o.in_top_10) AS in_top_10,
       l.depth, l.looks, l.complete, l.partial, greatest(l.recorded_at, o.recorded_at) AS recorded_at, l.month
FROM look_days AS l
JOIN lake.followed AS f
    ON f.store = l.store
    AND l.day >= coalesce(f.since, DATE '1970-01-01') AND l.day < coalesce(f.until, DATE '9999-01-01')
LEFT JOIN lake.chart_days AS d
    ON d.store = l.store AND d.country = l.country AND d.device = l.device AND d.collection = l.collection
    AND d.category = l.category AND d.day = l.day AND d.app_id = f.app_id AND d.month = l.month
    AND d.recorded_at = l.recorded_at
LEFT JOIN open_days AS o
    ON o.store = l.store AND o.country = l.country AND o.device = l.device AND o.collection = l.collection
    AND o.category = l.category AND o.day = l.day AND o.app_id = f.app_id
