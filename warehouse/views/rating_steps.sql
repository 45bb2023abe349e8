-- One row a usable look at a followed app's listing that gave a rating count: how it changed since the sound look before.
-- Soon: the look next to it, or any within two days. A look that is lower than one soon before, with the count back there
-- soon after, fell; one that is higher than the lowest soon after, itself no lower than the lowest soon before, is a spike.
-- Both are set aside. Growth counts above the highest sound count since the last reset; a sound count below half of the one
-- before is a reset by the publisher, and what came in meanwhile is not known. Moments are numbers here, which is faster.
WITH looks AS (
    SELECT app, app_id, store, country, observed_at, rating_count, rating_average, version, recorded_at, reading_id,
           greatest(lag(rating_count) OVER w, max(rating_count) OVER before) AS high_before,
           greatest(lead(rating_count) OVER w, max(rating_count) OVER after) AS high_after
    FROM listing_readings
    WHERE app IS NOT NULL AND rating_count IS NOT NULL AND status IN ('complete', 'partial')
    WINDOW w AS (PARTITION BY app, app_id, store, country ORDER BY observed_at, reading_id),
           before AS (PARTITION BY app, app_id, store, country ORDER BY epoch_us(observed_at)
                      RANGE BETWEEN 172_800_000_000 PRECEDING AND 1 PRECEDING),
           after AS (PARTITION BY app, app_id, store, country ORDER BY epoch_us(observed_at)
                     RANGE BETWEEN 1 FOLLOWING AND 172_800_000_000 FOLLOWING)
), dips AS (
    SELECT *, coalesce(rating_count < high_before AND high_after >= high_before, false) AS dip FROM looks
), lows AS (
    SELECT *, least(lag(rating_count) OVER w, min(rating_count) OVER before) AS low_before,
              least(lead(rating_count) OVER w, min(rating_count) OVER after) AS low_after
    FROM dips
    WINDOW w AS (PARTITION BY app, app_id, store, country, dip ORDER BY observed_at, reading_id),
           before AS (PARTITION BY app, app_id, store, country, dip ORDER BY epoch_us(observed_at)
                      RANGE BETWEEN 172_800_000_000 PRECEDING AND 1 PRECEDING),
           after AS (PARTITION BY app, app_id, store, country, dip ORDER BY epoch_us(observed_at)
                     RANGE BETWEEN 1 FOLLOWING AND 172_800_000_000 FOLLOWING)
), judged AS (
    SELECT *, CASE WHEN dip THEN 'fell' WHEN low_before <= low_after AND low_after < rating_count THEN 'spike' END
              AS aside
    FROM lows
), chained AS (
    SELECT *, lag(rating_count) OVER w AS previous_count, lag(observed_at) OVER w AS previous_at
    FROM judged
    WINDOW w AS (PARTITION BY app, app_id, store, country, aside IS NULL ORDER BY observed_at, reading_id)
), stretches AS (
    SELECT *, count(*) FILTER (rating_count < previous_count / 2.0) OVER (
               PARTITION BY app, app_id, store, country, aside IS NULL ORDER BY observed_at, reading_id
           ) AS stretch
    FROM chained
), marked AS (
    SELECT *, max(rating_count) OVER (
               PARTITION BY app, app_id, store, country, aside IS NULL, stretch ORDER BY observed_at, reading_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS highest_before
    FROM stretches
)
SELECT app, app_id, store, country, previous_at, observed_at, previous_count, rating_count, rating_average, version,
       CASE
           WHEN previous_count IS NULL THEN 'first'
           WHEN highest_before IS NULL THEN 'reset'
           WHEN rating_count < previous_count THEN 'fell'
           WHEN rating_count = previous_count THEN 'same'
           ELSE 'grew'
       END AS change,
       CASE WHEN highest_before IS NOT NULL THEN greatest(rating_count - highest_before, 0) END AS new_ratings,
       coalesce(greatest(previous_count - rating_count, 0), 0) AS fell_by,
       (epoch_us(observed_at) - epoch_us(previous_at)) / 86400e6 AS days,
       recorded_at, reading_id
FROM marked WHERE aside IS NULL
UNION ALL
SELECT app, app_id, store, country, NULL, observed_at, CASE aside WHEN 'fell' THEN high_before ELSE low_after END,
       rating_count, rating_average, version, aside, NULL,
       CASE aside WHEN 'fell' THEN high_before - rating_count ELSE rating_count - low_after END, NULL,
       recorded_at, reading_id
FROM marked WHERE aside IS NOT NULL
