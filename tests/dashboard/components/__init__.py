"""Mirrors dashboard/components."""
