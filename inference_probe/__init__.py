"""Measure: how fast language models answer, here and elsewhere."""
