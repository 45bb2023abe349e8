"""Tests of dashboard/figures/theme.py and of the style sheet that must agree with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dashboard
from dashboard.figures.theme import DARK, LIGHT, Theme
from essor.model.apps import all_apps

CSS = (Path(dashboard.__file__).parent / "assets" / "essor.css").read_text("utf-8")


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    """4.5 to 1 on the surface and on the pale band."""
    for text in (theme.ink, theme.quiet, theme.trouble, theme.refused):
        assert contrast(text, theme.surface) >= 4.5
        assert contrast(text, theme.band) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_lines_can_be_seen(theme: Theme) -> None:
    """3 to 1 for every app's line: what WCAG asks of graphics."""
    faint = {app.slug: contrast(theme.of(app), theme.surface) for app in all_apps()}
    assert {slug: ratio for slug, ratio in faint.items() if ratio < 3} == {}


@pytest.mark.parametrize(
    ("theme", "selector"), [(LIGHT, ":root {"), (DARK, ':root[data-mantine-color-scheme="dark"] {')]
)
def test_the_style_sheet_has_the_same_colours(theme: Theme, selector: str) -> None:
    """The figure and the page around it stand on one ground."""
    block = CSS.partition(selector)[2].partition("}")[0]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
    for name in ("surface", "ink", "quiet", "rule", "band", "covered", "trouble", "refused"):
        assert colours[name] == getattr(theme, name)
