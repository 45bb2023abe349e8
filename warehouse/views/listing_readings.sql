-- One row a look at an app's listing in a storefront, also when nothing came.
SELECT
    l.observed_at, l.recorded_at, l.store, l.country, l.app_id, f.app, l.status, l.message,
    l.name, l.developer, l.version, l.rating_count, l.rating_average, l.price, l.currency, l.installs_exact,
    l.installs_bucket,
    l.released_at, l.version_released_at, l.release_notes, l.main_category, l.bundle_id,
    l.stars_1, l.stars_2, l.stars_3, l.stars_4, l.stars_5,
    l.source, l.source_url, l.http_status, l.capture_file, l.capture_offset, l.sha256, l.parser_version, l.run_id,
    l.imported, l.reading_id, l.month
FROM lake.listing_readings AS l
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
LEFT JOIN lake.followed AS f
    ON f.store = l.store AND f.app_id = l.app_id
    AND l.observed_at >= f.begins AND l.observed_at < f.ends
WHERE l.recorded_at <= lake.snapshot()
