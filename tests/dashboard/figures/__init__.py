"""Mirrors dashboard/figures."""
