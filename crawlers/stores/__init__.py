"""One file a store: where its charts and listings are, and how to read their bytes."""
