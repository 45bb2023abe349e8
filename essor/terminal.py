"""What all commands share: where they write, and the options that most of them have."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from essor import logs
from essor.settings import Settings, read_settings, unheeded

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where everything is kept. [ESSOR_DATA_DIR]")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program.")]


def settings_of(data_dir: Path | None, **given: Any) -> Settings:  # noqa: ANN401 - each value is checked by its field
    """The settings of a command, whose log tells from their level on. Raises SettingsError."""
    settings = read_settings(data_dir=data_dir, **given)
    logs.set_level(settings.log_level)
    for told in unheeded(settings):
        err.print(f"essor: {told}", markup=False)
    return settings


def say(text: str) -> None:
    """Write a text as it is."""
    out.print(text, markup=False)


def print_json(value: object) -> None:
    """Write a value as JSON."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False, indent=1) + "\n")
