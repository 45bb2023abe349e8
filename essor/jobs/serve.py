"""Serves the dashboard, as a process of its own or in this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

from essor.model.errors import SettingsError
from essor.settings import Settings

READY_WITHIN = 60.0
"""Seconds a dashboard may take to answer its first request."""


def serve(settings: Settings) -> None:
    """Serve the dashboard in this process until it is stopped. Raises SettingsError when the port is taken."""
    import uvicorn

    check_port(settings)
    os.environ["ESSOR_DATA_DIR"] = str(settings.data_dir)
    uvicorn.run(
        "dashboard.app:asgi",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,  # its words go where all others go
        log_level="warning",
        access_log=False,
    )


def check_port(settings: Settings) -> None:
    """Raise SettingsError, saying what to type, when the dashboard's port is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except socket.gaierror as error:
            raise SettingsError(
                f"Host {settings.host} cannot be used ({error.strerror}). Try: essor serve --host 127.0.0.1"
            ) from error
        except OSError as error:
            raise SettingsError(
                f"Port {settings.port} of {settings.host} cannot be used ({error.strerror})."
                f" Try: essor serve --port {settings.port + 1}"
            ) from error


def start_dashboard(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the dashboard as a child process and wait until it answers.

    Raises SettingsError when the port is taken or it does not come up.
    """
    check_port(settings)
    command = [sys.executable, "-m", "essor", "serve", "--port", str(settings.port), "--host", settings.host]
    child = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--data-dir", str(settings.data_dir)], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and child.poll() is None:
        if _answers(settings):
            return child
        time.sleep(0.2)
    child.terminate()
    raise SettingsError("The dashboard did not come up. Run: essor serve, and read what it says.")


def _answers(settings: Settings) -> bool:
    try:
        with urlopen(f"http://{settings.host}:{settings.port}/api/v1/health", timeout=2):
            return True
    except (URLError, OSError):
        return False
