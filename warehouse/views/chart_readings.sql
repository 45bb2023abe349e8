-- One row a look at a chart, also when nothing came; a better reading of the same look replaces the earlier one.
SELECT
    observed_at, recorded_at, store, country, device, collection, category,
    status, message, asked, depth, entries,
    source, source_url, http_status, capture_file, capture_offset, sha256, parser_version, run_id, imported,
    reading_id, month
FROM lake.chart_readings AS r
WHERE recorded_at <= lake.snapshot()
  AND NOT EXISTS (
      FROM lake.superseded AS s
      WHERE s.reading_id = r.reading_id AND s.recorded_at = r.recorded_at AND s.superseded_at <= lake.snapshot()
  )
