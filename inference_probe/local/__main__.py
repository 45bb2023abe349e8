"""``python3 -m inference_probe.local``: build, check and time the open models here, one JSON line a case."""

from __future__ import annotations

import sys

from inference_probe.local.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
