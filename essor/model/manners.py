"""Words of what is remembered of hosts: the crawls write it down, the dashboard reads it."""

from __future__ import annotations

import math

FILE = "manners.sqlite"
"""Its place in the data folder; removed, everything is forgotten."""
DURATIONS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, math.inf)
"""The steps by which requests are counted, seconds: each counts those up to its own end, from the end before it."""
