-- One row a followed app and look at a chart of its store: what that look says of the app.
-- `state` is essor.model.observation.state_of(status, rank).
SELECT
    r.observed_at, r.recorded_at, r.store, r.country, r.device, r.collection, r.category,
    f.app, f.app_id, e.rank,
    CASE
        WHEN e.rank IS NOT NULL AND r.status IN ('complete', 'partial') THEN 'ranked'
        WHEN r.status = 'complete' THEN 'absent'
        WHEN r.status = 'refused' THEN 'refused'
        WHEN r.status IN ('blocked', 'failed', 'layout_changed') THEN 'failed'
        ELSE 'not_observed'
    END AS state,
    r.depth, r.status, r.message, r.source, r.imported, r.reading_id, r.month
FROM chart_readings AS r
JOIN lake.followed AS f
    ON f.store = r.store
    AND r.observed_at >= f.begins AND r.observed_at < f.ends
LEFT JOIN (
    SELECT e.reading_id, e.recorded_at, e.rank, e.month, e.store, e.country, e.collection, e.category, e.device, n.app_id
    FROM lake.chart_entries AS e
    JOIN lake.names AS n USING (name_id)
) AS e
    ON e.reading_id = r.reading_id AND e.recorded_at = r.recorded_at AND e.app_id = f.app_id
    AND e.store = r.store AND e.month = r.month AND e.country = r.country
    AND e.collection = r.collection AND e.category = r.category AND e.device = r.device
