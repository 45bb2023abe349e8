-- One row a followed app, chart of its store and UTC day on which somebody looked: what that day says of the app.
-- A day with any rank is ranked, else absent when a complete look lacked the app, else as the looks ended.
SELECT l.day, l.store, l.country, l.device, l.collection, l.category, f.app, f.app_id,
       CASE
           WHEN d.best_rank IS NOT NULL THEN 'ranked'
           WHEN l.complete > 0 THEN 'absent'
           WHEN l.failed > 0 THEN 'failed'
           WHEN l.refused > 0 THEN 'refused'
           ELSE 'not_observed'
       END AS state,
       d.best_rank, d.worst_rank, d.mean_rank, d.last_rank, d.readings, d.in_top_10,
       l.depth, l.looks, l.complete, l.partial, greatest(l.recorded_at, d.recorded_at) AS recorded_at, l.month
FROM look_days AS l
JOIN lake.followed AS f
    ON f.store = l.store
    AND l.day >= coalesce(f.since, DATE '1970-01-01') AND l.day < coalesce(f.until, DATE '9999-01-01')
LEFT JOIN chart_days AS d
    ON d.store = l.store AND d.country = l.country AND d.device = l.device AND d.collection = l.collection
    AND d.category = l.category AND d.day = l.day AND d.app_id = f.app_id AND d.month = l.month
