-- One row a look at reviews of an app, also when nothing came; a better reading of the same look replaces the earlier.
SELECT
    r.observed_at, r.recorded_at, r.store, r.country, r.language, r.app_id, f.app, r.page, r.status, r.message, r.reviews,
    r.source, r.source_url, r.http_status, r.capture_file, r.capture_offset, r.sha256, r.parser_version, r.run_id,
    r.imported, r.reading_id, r.month
FROM lake.review_readings AS r
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
LEFT JOIN lake.followed AS f
    ON f.store = r.store AND f.app_id = r.app_id
    AND r.observed_at >= f.begins AND r.observed_at < f.ends
WHERE r.recorded_at <= lake.snapshot()
