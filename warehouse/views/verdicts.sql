-- One row a claim: what the evidence said of it when it was last checked.
FROM lake.verdicts
WHERE recorded_at <= lake.snapshot()
QUALIFY row_number() OVER (PARTITION BY claim ORDER BY recorded_at DESC) = 1
