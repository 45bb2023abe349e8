"""The targets that need no settings, read from `targets.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from essor.model.probes import ProbeTarget


def known_targets() -> dict[str, ProbeTarget]:
    """Vendors over HTTP and servers on their usual local ports, by name."""
    text = (files("inference_probe") / "targets.toml").read_text("utf-8")
    return {name: ProbeTarget(name, **fields) for name, fields in tomllib.loads(text).items()}
