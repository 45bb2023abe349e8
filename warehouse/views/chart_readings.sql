-- One row a look at a chart, also when nothing came; a better reading of the same look replaces the earlier one.
SELECT
    observed_at, recorded_at, store, country, device, collection, category,
    status, message, asked, depth, entries,
    source, source_url, http_status, capture_file, capture_offset, sha256, parser_version, run_id, imported,
    reading_id, month
FROM lake.chart_readings AS r
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
WHERE recorded_at <= lake.snapshot()
