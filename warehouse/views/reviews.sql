-- One row a review as it stood, however often it was seen. One that its writer changed later is another row.
SELECT
    v.store, v.country, v.language, v.app_id, arg_min_null(r.app, v.observed_at) AS app, v.review,
    any_value(v.rating) AS rating, any_value(v.title) AS title, any_value(v.text) AS text, any_value(v.version) AS version,
    any_value(v.written_at) AS written_at, min(v.observed_at) AS first_seen_at, max(v.observed_at) AS last_seen_at,
    count(*) AS looks, max(v.recorded_at) AS recorded_at, arg_min(v.reading_id, v.observed_at) AS reading_id
FROM lake.reviews AS v
JOIN review_readings AS r ON r.reading_id = v.reading_id AND r.recorded_at = v.recorded_at AND r.month = v.month
GROUP BY v.store, v.country, v.language, v.app_id, v.review
