-- One row a figure of a subject for a period (or as of a moment): the answer of the latest look that gave it. `answers`
-- counts the looks that gave the period a figure, `lowest` and `highest` bound what they gave: a source revises.
SELECT
    p.source, p.subject, f.vendor, f.app, f.thing, p.metric, p.unit, p.kind, p.period_start, p.period_end,
    p.value, p.said, count(*) OVER same AS answers, min(p.value) OVER same AS lowest, max(p.value) OVER same AS highest,
    p.observed_at, p.recorded_at, r.imported, p.reading_id, p.month
FROM lake.signal_points AS p
ANTI JOIN superseded AS replaced USING (reading_id, recorded_at)
JOIN lake.signal_readings AS r ON r.reading_id = p.reading_id AND r.recorded_at = p.recorded_at AND r.month = p.month
LEFT JOIN lake.followed_subjects AS f ON f.source = p.source AND f.subject = p.subject
WHERE p.recorded_at <= lake.snapshot()
WINDOW same AS (PARTITION BY p.source, p.subject, p.metric, p.period_start, p.period_end)
QUALIFY row_number() OVER (
    PARTITION BY p.source, p.subject, p.metric, p.period_start, p.period_end
    ORDER BY p.observed_at DESC, r.imported, p.recorded_at DESC, p.reading_id
) = 1
