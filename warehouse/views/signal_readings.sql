-- One row a look at a figure of a signal source, also when nothing came; a better reading of the same look replaces
-- the earlier one. `app` and `vendor` are null for subjects that are not followed.
SELECT
    r.observed_at, r.recorded_at, r.source, r.subject, f.vendor, f.app, r.metric, r.unit, r.kind, r.precision,
    r.status, r.message, r.points,
    r.source_url, r.http_status, r.capture_file, r.capture_offset, r.sha256, r.parser_version, r.run_id, r.imported,
    r.reading_id, r.month
FROM lake.signal_readings AS r
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
LEFT JOIN lake.followed_subjects AS f ON f.source = r.source AND f.subject = r.subject
WHERE r.recorded_at <= lake.snapshot()
