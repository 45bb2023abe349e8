"""Sees to it that what is asked and what a data folder holds are the same market, the real one or a simulated one."""

from __future__ import annotations

from essor.model.errors import SettingsError
from essor.model.stores import Market
from essor.settings import Settings
from warehouse import lake


def refuse_other_market(settings: Settings) -> None:
    """Raises SettingsError when the settings ask another market than the one that the data folder holds."""
    held, asked = lake.market(settings.data_dir), Market.SIMULATED if settings.simulated else Market.REAL
    if held in (None, asked):
        return
    if held is Market.REAL:
        raise SettingsError(
            f"{settings.data_dir} holds real data, and the setting simulated is {settings.simulated}: give an empty"
            " folder with --data-dir, or take the setting out."
        )
    raise SettingsError(
        f"{settings.data_dir} holds a simulated market: set simulated to the address of its replica, as in"
        ' simulated = "http://127.0.0.1:9000", or give another folder with --data-dir.'
    )
