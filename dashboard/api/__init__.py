"""The same answers for programs, as JSON and CSV, at /api/v1."""
