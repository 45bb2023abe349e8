-- One row a look at a followed app's Google Play page that gave exact installs: the growth since the look before. The
-- count is worldwide, so looks from all storefronts make one series. A look that is lower than the one before it while
-- the next is back there fell; of the others, one that is higher than the next, which is no lower than the one before,
-- is a spike. Both are set aside, and so is any count below the highest sound one before.
WITH looks AS (
    SELECT app, app_id, store, observed_at, installs_exact, recorded_at, reading_id,
           lag(installs_exact) OVER w AS before, lead(installs_exact) OVER w AS after
    FROM listing_readings
    WHERE app IS NOT NULL AND installs_exact IS NOT NULL AND status IN ('complete', 'partial')
    WINDOW w AS (PARTITION BY app, app_id, store ORDER BY observed_at, reading_id)
), dips AS (
    SELECT *, coalesce(installs_exact < before AND after >= before, false) AS dip FROM looks
), lows AS (
    SELECT *, lag(installs_exact) OVER w AS low_before, lead(installs_exact) OVER w AS low_after
    FROM dips
    WINDOW w AS (PARTITION BY app, app_id, store, dip ORDER BY observed_at, reading_id)
), spikes AS (
    SELECT *, NOT dip AND coalesce(low_before <= low_after AND low_after < installs_exact, false) AS spike FROM lows
), marked AS (
    SELECT *, max(installs_exact) FILTER (NOT spike) OVER (
               PARTITION BY app, app_id, store ORDER BY observed_at, reading_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS highest_before
    FROM spikes
), sound AS (
    SELECT *, lag(observed_at) OVER (PARTITION BY app, app_id, store ORDER BY observed_at, reading_id) AS previous_at,
           lag(installs_exact) OVER (PARTITION BY app, app_id, store ORDER BY observed_at, reading_id) AS previous_count
    FROM marked WHERE NOT spike AND (highest_before IS NULL OR installs_exact >= highest_before)
)
SELECT app, app_id, store, previous_at, observed_at, previous_count, installs_exact,
       CASE WHEN previous_count IS NULL THEN 'first' WHEN installs_exact = previous_count THEN 'same' ELSE 'grew' END
           AS change,
       installs_exact - previous_count AS new_installs, NULL::BIGINT AS fell_by, recorded_at, reading_id
FROM sound
UNION ALL
SELECT app, app_id, store, NULL, observed_at, CASE WHEN spike THEN low_after ELSE highest_before END, installs_exact,
       CASE WHEN spike THEN 'spike' ELSE 'fell' END, NULL,
       abs(installs_exact - CASE WHEN spike THEN low_after ELSE highest_before END), recorded_at, reading_id
FROM marked WHERE spike OR installs_exact < highest_before
