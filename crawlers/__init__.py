"""Fetch: asks the stores, keeps every answer as it came, and reads it into the words of the model."""
