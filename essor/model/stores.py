"""Stores, their storefronts and the devices they make charts for."""

from __future__ import annotations

import re
from enum import StrEnum

from essor.model.errors import SettingsError


class StoreName(StrEnum):
    """An app store that is followed."""

    APPLE = "apple"
    GOOGLE_PLAY = "google_play"


class Device(StrEnum):
    """The kind of device that a chart is made for."""

    IPHONE = "iphone"
    IPAD = "ipad"
    ANDROID = "android"


def storefront(code: str) -> str:
    """The two-letter code of a storefront in lower case, as in ``"fr"``.

    Raises SettingsError when `code` is not two letters (ISO 3166-1 alpha-2 as the stores use it).
    """
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise SettingsError(f"{code!r} is not a storefront: give two letters, such as fr, us or jp.")
    return code.lower()
