-- One row a look at a followed app's Google Play page that gave exact installs: the growth since the look before. The
-- count is worldwide, so looks from all storefronts make one series. A count below one seen earlier is set aside.
WITH looks AS (
    SELECT app, app_id, store, observed_at, installs_exact, recorded_at, reading_id,
           max(installs_exact) OVER (
               PARTITION BY app, app_id, store ORDER BY observed_at, reading_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS highest_before
    FROM listing_readings
    WHERE app IS NOT NULL AND installs_exact IS NOT NULL AND status IN ('complete', 'partial')
), sound AS (
    SELECT *, lag(observed_at) OVER (PARTITION BY app, app_id, store ORDER BY observed_at, reading_id) AS previous_at,
           lag(installs_exact) OVER (PARTITION BY app, app_id, store ORDER BY observed_at, reading_id) AS previous_count
    FROM looks WHERE highest_before IS NULL OR installs_exact >= highest_before
)
SELECT app, app_id, store, previous_at, observed_at, previous_count, installs_exact,
       CASE WHEN previous_count IS NULL THEN 'first' WHEN installs_exact = previous_count THEN 'same' ELSE 'grew' END
           AS change,
       installs_exact - previous_count AS new_installs, NULL::BIGINT AS fell_by, recorded_at, reading_id
FROM sound
UNION ALL
SELECT app, app_id, store, NULL, observed_at, highest_before, installs_exact, 'fell', NULL,
       highest_before - installs_exact, recorded_at, reading_id
FROM looks WHERE installs_exact < highest_before
