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


class Market(StrEnum):
    """What answers speak of. The two are never in one warehouse."""

    REAL = "real"
    """The stores as they are."""
    SIMULATED = "simulated"
    """An invented market of `essor replica --simulate`."""


SIMULATED_AT = "simulated: everything was asked at "
"""How the note of a run began that asked a simulated market, before notes had codes; its address follows."""


_CODES = """
    ae af ag ai al am ao ar at au az ba bb be bf bg bh bj bm bn bo br bs bt bw by bz ca cd cg ch ci cl cm cn co cr cv cy
    cz de dk dm do dz ec ee eg es fi fj fm fr ga gb gd ge gh gm gr gt gw gy hk hn hr hu id ie il in iq is it jm jo jp ke
    kg kh kn kr kw ky kz la lb lc lk lr lt lu lv ly ma md me mg mk ml mm mn mo mr ms mt mu mv mw mx my mz na ne ng ni nl
    no np nr nz om pa pe pg ph pk pl pt pw py qa ro rs ru rw sa sb sc se sg si sk sl sn sr st sv sz tc td th tj tm tn to
    tr tt tw tz ua ug us uy uz vc ve vg vn vu xk ye za zm zw
"""
STOREFRONTS = tuple(_CODES.split())
"""The 175 storefronts of the App Store."""


def storefront(code: str) -> str:
    """The two-letter code of a storefront in lower case, as in ``"fr"``.

    Raises SettingsError when `code` is not two letters (ISO 3166-1 alpha-2 as the stores use it).
    """
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise SettingsError(f"{code!r} is not a storefront: give two letters, such as fr, us or jp.")
    return code.lower()


def storefront_of(store: StoreName, code: str) -> str:
    """A storefront of this store, as `storefront` gives it.

    Raises SettingsError for one that the App Store does not have; Google publishes no list of its own.
    """
    country = storefront(code)
    if store is StoreName.APPLE and country not in STOREFRONTS:
        meant = " (the United Kingdom is gb)" if country == "uk" else ""
        raise SettingsError(f"the App Store has no storefront {country!r}{meant}")
    return country
