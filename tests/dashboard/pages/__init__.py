"""Mirrors dashboard/pages."""
