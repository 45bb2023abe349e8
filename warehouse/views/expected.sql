-- One row a run and source and storefront, or signal: the readings that the run set out to bring.
SELECT run_id, kind, source, country, subject, expected, due_at, recorded_at, month
FROM lake.expected
WHERE recorded_at <= lake.snapshot()
