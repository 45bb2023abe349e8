"""The strokes that a still image is made of, as SVG text; every word is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

DASHES = {"dash": "9 6", "dot": "2 4", "dashdot": "9 4 2 4", "longdash": "14 6", "longdashdot": "14 4 2 4"}
"""Plotly's line styles as SVG's."""


def line(ends: tuple[float, float, float, float], colour: str, *, width: float = 1, more: str = "") -> str:
    """A straight line between two points (x, y, x, y)."""
    x0, y0, x1, y1 = ends
    return f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{colour}" stroke-width="{width}"{more}/>'


def rect(box: tuple[float, float, float, float], fill: str, *, more: str = "") -> str:
    """A filled rectangle (left, top, width, height)."""
    x, y, width, height = box
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{more}/>'


def text(
    x: float,
    y: float,
    words: str,
    size: float,
    colour: str,
    *,
    weight: int = 400,
    anchor: str = "start",
    more: str = "",
) -> str:
    """Plain words, their foot at `y`."""
    kept = ' xml:space="preserve"' if "  " in words else ""
    look = f'font-size="{size}" fill="{colour}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}{kept}{more}>{html.escape(words)}</text>'


def rich(x: float, y: float, words: str, size: float, colour: str, *, anchor: str = "start") -> str:
    """Plotly's words with their bold parts and line breaks; other tags are dropped."""
    rows = []
    for n, row in enumerate(words.split("<br>")):
        spans = [
            f'<tspan font-weight="{600 if bold else 400}">{html.escape(html.unescape(part))}</tspan>'
            for bold, part in _bold(row)
        ]
        rows.append(f'<tspan x="{x:.1f}" dy="{size * 1.25 if n else 0:.1f}">{"".join(spans)}</tspan>')
    look = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}" xml:space="preserve"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{"".join(rows)}</text>'


def _bold(row: str) -> Iterator[tuple[bool, str]]:
    bold = False
    for part in re.split(r"(</?b>)", row):
        if part in ("<b>", "</b>"):
            bold = part == "<b>"
        elif plain := re.sub(r"<[^>]+>", "", part):
            yield bold, plain


def path(points: Sequence[tuple[float | None, float | None]], shape: str, *, joined: bool) -> str:
    """The course of a line, in Plotly's `shape`; it begins anew after a point without a place unless `joined`."""
    parts, down = [], False
    for x, y in points:
        if x is None or y is None:
            down = down and joined
            continue
        step = f"H{x:.1f}V{y:.1f}" if shape == "hv" else f"V{y:.1f}H{x:.1f}" if shape == "vh" else f"L{x:.1f} {y:.1f}"
        parts.append(step if down else f"M{x:.1f} {y:.1f}")
        down = True
    return "".join(parts)


def symbol(kind: str, at: tuple[float, float], r: float, look: str) -> str:
    """A mark of Plotly's `kind` at a place, `r` pixels from its middle to its edge."""
    x, y, d = *at, r * 1.3
    paths = {
        "diamond": f"M{x:.1f} {y - d:.1f}l{d:.1f} {d:.1f}l{-d:.1f} {d:.1f}l{-d:.1f} {-d:.1f}z",
        "square": f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z",
        "triangle-up": f"M{x:.1f} {y - r:.1f}l{r:.1f} {2 * r:.1f}h{-2 * r:.1f}z",
        "triangle-down": f"M{x:.1f} {y + r:.1f}l{r:.1f} {-2 * r:.1f}h{-2 * r:.1f}z",
        "x-thin": f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}",
        "cross-thin": f"M{x:.1f} {y - r:.1f}v{2 * r:.1f}M{x - r:.1f} {y:.1f}h{2 * r:.1f}",
        "line-ns": f"M{x:.1f} {y - r:.1f}v{2 * r:.1f}",
        "line-ew": f"M{x - r:.1f} {y:.1f}h{2 * r:.1f}",
    }
    course = paths.get(kind.removesuffix("-open"))
    return f'<path d="{course}" {look}/>' if course else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {look}/>'


def dashed(style: dict[str, Any]) -> str:
    """The attribute of a Plotly line's style; empty for a solid one."""
    pattern = DASHES.get(str(style.get("dash")), "")
    return f' stroke-dasharray="{pattern}"' if pattern else ""


def quoted(words: str) -> str:
    """Words for an attribute."""
    return html.escape(words, quote=True)
