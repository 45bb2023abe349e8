"""The watch list: nine files that parse, ids that never overlap, colours that can be told apart."""

from __future__ import annotations

import math
import re
from datetime import date
from itertools import combinations, pairwise

import pytest

from essor.model.apps import App, StoreId, all_apps
from essor.model.stores import StoreName

APPS = all_apps()
PAIRS = list(combinations(APPS, 2))
DASHES = {"solid", "dash", "dot", "dashdot", "longdash", "longdashdot"}
SURFACES = {"light": "#ffffff", "dark": "#1a1b1e"}
LEAST_CONTRAST = 3.0
"""What WCAG 2.2 asks of graphics (success criterion 1.4.11)."""
LEAST_DISTANCE = 0.10
"""In OKLab, where black and white are 1 apart and CSS Color 4 takes 0.02 as just noticeable."""
LEAST_DISTANCE_WITHOUT_DASH = 0.20
"""For two apps that share a line style, so that colour alone must tell them apart."""

SIGHT = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
"""Linear RGB as it is seen: Machado, Oliveira and Fernandes 2009, severity 1."""


def slug_of(app: App) -> str:
    """Names an app in a test's id."""
    return app.slug


def test_the_list_holds_the_nine_assistants_in_one_order() -> None:
    """Le Chat stands first and the others by slug, whichever app is in focus."""
    assert [app.slug for app in APPS] == [
        "le-chat",
        "chatgpt",
        "claude",
        "copilot",
        "deepseek",
        "gemini",
        "grok",
        "meta-ai",
        "perplexity",
    ]


@pytest.mark.parametrize("app", APPS, ids=slug_of)
def test_every_app_can_be_found_in_both_stores(app: App) -> None:
    """Each app has an App Store number and a Google Play package."""
    for key in app.store_ids:
        assert re.fullmatch(r"\d+" if key.store is StoreName.APPLE else r"[a-z]\w*(\.\w+)+", key.app_id)
    assert {key.store for key in app.store_ids} == set(StoreName)


def test_no_store_id_stands_twice() -> None:
    """A store id leads to one app, and stands once in its file."""
    keys = [(key.store, key.app_id) for app in APPS for key in app.store_ids]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("app", APPS, ids=slug_of)
def test_the_ids_of_an_app_follow_each_other(app: App) -> None:
    """On any day an app has at most one id in a store, so ranks of two ids are never joined."""
    for store in StoreName:
        keys = sorted((key for key in app.store_ids if key.store is store), key=starts)
        for earlier, later in pairwise(keys):
            assert earlier.until is not None
            assert earlier.until <= starts(later)
        assert all(key.until is None or starts(key) < key.until for key in keys)
        assert len(keys) == 1 or all(key.note for key in keys), "two ids need a note on why"


def starts(key: StoreId) -> date:
    """The first day of an id's validity."""
    return key.since or date.min


@pytest.mark.parametrize("app", APPS, ids=slug_of)
def test_the_names_of_an_app_follow_each_other(app: App) -> None:
    """One name at a time, the last one still in use."""
    for earlier, later in pairwise(app.names):
        assert earlier.until is not None
        assert later.since is not None
        assert earlier.until <= later.since
    assert app.names[-1].until is None


@pytest.mark.parametrize("app", APPS, ids=slug_of)
def test_launches_say_who_says_so(app: App) -> None:
    """Each launch is dated with a known precision and names its source."""
    for launch in app.launches:
        assert launch.platform in {"ios", "android", "web"}
        assert launch.precision in {"day", "month"}
        assert launch.source["fr"] != launch.source["en"]
    assert len({launch.platform for launch in app.launches}) == len(app.launches)


def test_what_is_doubtful_says_so() -> None:
    """The launch that nobody can be cited for, and both Copilot ids, are marked."""
    by_slug = {app.slug: app for app in APPS}
    android = next(launch for launch in by_slug["claude"].launches if launch.platform == "android")
    assert "to confirm" in android.source["en"].lower()
    notes = [key.note or {} for key in by_slug["copilot"].store_ids]
    assert all("to confirm" in note["en"] and "à confirmer" in note["fr"] for note in notes)


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize("app", APPS, ids=slug_of)
def test_colours_stand_out_from_the_page(app: App, theme: str) -> None:
    """Each colour has a contrast of at least 3 to 1 against its theme's surface."""
    assert contrast(colour(app, theme), SURFACES[theme]) >= LEAST_CONTRAST


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", SURFACES)
def test_colours_are_told_apart(theme: str, sight: str) -> None:
    """Any two apps differ in colour, also to a reader who does not see red or green."""
    close = {
        (one.slug, other.slug): round(distance, 3)
        for one, other in PAIRS
        if (distance := seen_distance(colour(one, theme), colour(other, theme), sight))
        < (LEAST_DISTANCE_WITHOUT_DASH if one.dash == other.dash else LEAST_DISTANCE)
    }
    assert close == {}


def test_line_styles_are_plotlys() -> None:
    """The second cue is a line style that Plotly knows; Le Chat alone has the solid one."""
    assert {app.dash for app in APPS} == DASHES
    assert [app.slug for app in APPS if app.dash == "solid"] == ["le-chat"]


@pytest.mark.parametrize("theme", SURFACES)
def test_le_chat_has_the_strongest_colour(theme: str) -> None:
    """No other app's colour is as vivid."""
    vividness = {app.slug: math.hypot(*oklab(linear(colour(app, theme)))[1:]) for app in APPS}
    assert max(vividness, key=lambda slug: vividness[slug]) == "le-chat"


def test_contrast_is_reckoned_as_wcag_does() -> None:
    """Black on white is 21 to 1; the grey #767676 is the well-known lightest that reaches 4.5."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_red_and_green_come_closer_without_green_cones() -> None:
    """The simulation does what it is for: a red and a green of like lightness nearly meet."""
    red, green = "#c0504d", "#7a8a2a"
    assert seen_distance(red, green, "deuteranopia") < seen_distance(red, green, "usual") / 2


def colour(app: App, theme: str) -> str:
    """An app's colour in a theme."""
    return app.colour if theme == "light" else app.colour_dark


def linear(code: str) -> list[float]:
    """Linear RGB, 0 to 1, of ``"#rrggbb"``."""
    assert re.fullmatch(r"#[0-9a-f]{6}", code), f"{code!r} is not written as #rrggbb"
    parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG, 1 to 21."""
    light, dark = sorted((dot((0.2126, 0.7152, 0.0722), linear(code)) for code in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen_distance(one: str, other: str, sight: str) -> float:
    """How far apart two colours are in OKLab, as a reader with this sight sees them."""
    seen = ([min(1.0, max(0.0, dot(row, linear(code)))) for row in SIGHT[sight]] for code in (one, other))
    return math.dist(*(oklab(rgb) for rgb in seen))


def oklab(rgb: list[float]) -> list[float]:
    """Linear RGB in OKLab (Ottosson 2020)."""
    cones = [
        dot(row, rgb) ** (1 / 3)
        for row in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    ]
    return [
        dot(row, cones)
        for row in (
            (0.2104542553, 0.7936177850, -0.0040720468),
            (1.9779984951, -2.4285922050, 0.4505937099),
            (0.0259040371, 0.7827717662, -0.8086757660),
        )
    ]


def dot(one: tuple[float, ...], other: list[float]) -> float:
    """The sum of the products."""
    return sum(x * y for x, y in zip(one, other, strict=True))
