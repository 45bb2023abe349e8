"""Ports for the servers that tests start as processes of their own."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _MANY = 20_000, 12_000
"""Below those that systems give to connections, which would take one before its server has come up."""
_NEXT = itertools.count(os.getpid() * 97)
"""Each process begins elsewhere, and none gives a port twice."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    while True:
        port = _FIRST + next(_NEXT) % _MANY
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
