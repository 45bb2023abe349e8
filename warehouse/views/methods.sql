-- One row a method and version, with its coefficients.
FROM lake.methods
WHERE recorded_at <= lake.snapshot()
