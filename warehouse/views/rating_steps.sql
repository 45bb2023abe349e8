-- One row a usable look at a followed app's listing that gave a rating count: how it changed since the look before.
-- Growth counts above the highest count seen since the last reset, so that a fall and its recovery add nothing; a count
-- below half of the one before is a reset by the publisher, and what came in meanwhile is not known.
WITH looks AS (
    SELECT app, app_id, store, country, observed_at, rating_count, rating_average, version, recorded_at, reading_id,
           lag(rating_count) OVER w AS previous_count, lag(observed_at) OVER w AS previous_at
    FROM listing_readings
    WHERE app IS NOT NULL AND rating_count IS NOT NULL AND status IN ('complete', 'partial')
    WINDOW w AS (PARTITION BY app, app_id, store, country ORDER BY observed_at, reading_id)
), stretches AS (
    SELECT *, count(*) FILTER (rating_count < previous_count / 2.0)
                  OVER (PARTITION BY app, app_id, store, country ORDER BY observed_at, reading_id) AS stretch
    FROM looks
), marked AS (
    SELECT *, max(rating_count) OVER (
               PARTITION BY app, app_id, store, country, stretch ORDER BY observed_at, reading_id
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
       greatest(previous_count - rating_count, 0) AS fell_by,
       (epoch_us(observed_at) - epoch_us(previous_at)) / 86400e6 AS days,
       recorded_at, reading_id
FROM marked
