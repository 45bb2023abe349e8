"""Show: pages, figures and the way back to the bytes; it only reads."""
