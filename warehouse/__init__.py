"""Keep and answer: Delta tables, read by DuckDB."""
