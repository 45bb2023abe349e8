"""How fast essor is: `make bench` prints each figure beside its target."""
