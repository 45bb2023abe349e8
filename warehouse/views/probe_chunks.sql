-- One row a piece of an answer as it arrived: `at_ns` on the probe's clock, its text (empty: a role or a heartbeat).
SELECT
    target, probe, reading_id, repetition, request, warmup,
    unnest(range(1, len(from_json(chunk_at_ns, '["BIGINT"]')) + 1)) AS chunk,
    unnest(from_json(chunk_at_ns, '["BIGINT"]')) AS at_ns,
    unnest(from_json(chunk_text, '["VARCHAR"]')) AS text,
    unnest(from_json(chunk_reasoning, '["BOOLEAN"]')) AS reasoning,
    unnest(from_json(chunk_tokens, '["BIGINT"]')) AS tokens
FROM probe_samples
