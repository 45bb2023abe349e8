"""Groups of commands, one a file; `essor/cli.py` mounts them."""
