"""Figures as pure functions from a frame; no reading, no clock."""
