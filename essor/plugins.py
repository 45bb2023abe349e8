"""The files of a folder are the plug-ins."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def modules_in(package: str) -> list[ModuleType]:
    """Every module of a package, by name; those whose name begins with an underscore are left out."""
    folder = importlib.import_module(package)
    names = sorted(found.name for found in pkgutil.iter_modules(folder.__path__) if not found.name.startswith("_"))
    return [importlib.import_module(f"{package}.{name}") for name in names]
