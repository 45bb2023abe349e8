-- One row a rank that was seen: an entry of a usable reading. `app` is null for apps that are not followed.
SELECT
    e.observed_at, e.recorded_at, e.store, e.country, e.device, e.collection, e.category,
    e.rank, n.app_id, f.app, n.name, n.developer, e.reading_id, e.month
FROM lake.chart_entries AS e
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
JOIN lake.names AS n USING (name_id)
LEFT JOIN lake.followed AS f
    ON f.store = n.store AND f.app_id = n.app_id
    AND e.observed_at >= f.begins AND e.observed_at < f.ends
WHERE e.recorded_at <= lake.snapshot()
