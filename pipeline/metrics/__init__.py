"""Figures derived from cleaned frames: one noun a file."""
