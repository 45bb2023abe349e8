"""A Plotly figure as a still SVG with its title, source and data date drawn in; no browser, no other library.

It draws what our figures are made of: lines, steps, points, bands, bars, error bars, rectangles, notes, and the map of
the world. Anything else raises `NotDrawable`; the browser still saves it (docs/decisions/0010-still-images.md).
"""

from __future__ import annotations

import base64
import html
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from dashboard.figures import atlas, pen
from dashboard.figures.panels import arranged
from dashboard.figures.scales import Scale, scale, ticks
from dashboard.figures.theme import FONT, Theme
from dashboard.language import Language

WIDTH = 1200
"""The width of a still image, pixels."""
SIDE, TITLE, LONG_TITLE, SMALL = 24, 24, 18, 13
"""The room at both sides, and the sizes of type, pixels."""
LINES = 3
"""A title of more lines is set smaller."""
LETTER, BOLD = 0.53, 0.65
"""The mean width of a letter, plain and bold, as a share of the size of its type."""
TYPE_CODES = {"f8": "d", "f4": "f", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q"}
"""Plotly's names of packed numbers, and Python's."""
MAPPED = ("choropleth", "scattergeo")
"""The kinds of trace that stand on a map."""
DRAWN = ("scatter", "scattergl", "bar", *MAPPED)
"""The kinds of trace that are drawn here."""
CLEAR = "rgba(0,0,0,0)"
LINE_SYMBOLS = ("x-thin", "line-ns", "line-ew", "cross-thin")


class NotDrawable(ValueError):
    """A figure holds a kind of trace that only a browser draws."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is written around a still figure."""

    title: str
    """The finding."""
    subtitle: str
    """What is drawn, and its unit."""
    foot: str
    """Source, data date, snapshot."""
    notes: tuple[str, ...] = ()
    """The events' texts by their numbers."""


def still(figure: go.Figure, words: Words, say: Language, theme: Theme, height: int, *, width: int = WIDTH) -> str:
    """The figure as SVG text, `width` pixels wide; `height` is that of the figure alone. Raises NotDrawable."""
    head, inner = _heading(words, theme, width), width - 2 * SIDE
    top, whole = _after(head), figure.to_dict()
    whole["layout"], height = arranged(whole.get("layout", {}), inner, height)
    body = _Canvas(whole, say, theme, inner, height).drawn()
    foot = _footing(words, theme, width, top + height)
    drawn = (f'<g transform="translate({SIDE} {top:.0f})">{"".join(body)}</g>', 0.0)
    return _document([*head, drawn, *foot], words, theme, width, _after(foot))


def drawable(figure: go.Figure | None) -> bool:
    """Whether a figure (or a table, None) can be drawn here."""
    return figure is None or all(trace.type in DRAWN for trace in figure.data)


def still_table(ledger: Sequence[Sequence[str]], words: Words, theme: Theme, width: int = WIDTH) -> str:
    """A table as SVG text, its first row the heads."""
    head = _heading(words, theme, width)
    top, high = _after(head) + 8, 26
    wide = _columns(ledger, width)
    rows = [
        pen.text(x, top + n * high + 16, text, SMALL + (1 if n else 0), theme.ink if n else theme.quiet)
        for n, row in enumerate(ledger)
        for x, text in zip(wide, row, strict=True)
    ]
    rules = [
        pen.line((SIDE, y, width - SIDE, y), theme.rule)
        for y in range(int(top) + high, int(top) + high * (len(ledger) + 1), high)
    ]
    foot = _footing(words, theme, width, top + len(ledger) * high + 8)
    return _document([*head, *((text, 0) for text in [*rules, *rows]), *foot], words, theme, width, _after(foot))


def _columns(ledger: Sequence[Sequence[str]], width: int) -> list[float]:
    """Where each column begins, pixels: as wide as its longest text, all of them stretched over the width."""
    longest = [max(len(row[n]) for row in ledger) + 2 for n in range(len(ledger[0]))]
    room = (width - 2 * SIDE) / sum(longest)
    return [SIDE + room * sum(longest[:n]) for n in range(len(longest))]


def _document(lines: Sequence[Line], words: Words, theme: Theme, width: int, height: float) -> str:
    size = f'width="{width}" height="{height:.0f}" viewBox="0 0 {width} {height:.0f}"'
    label = f'role="img" aria-label="{pen.quoted(words.title)}" font-family="{pen.quoted(FONT)}"'
    hatch = f'<path d="M0 0V6" stroke="{theme.quiet}" stroke-width="1.2"/>'
    turned = 'width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label}>',
        f"<title>{html.escape(words.title)}</title>",
        f'<defs><pattern id="hatch" {turned}>{hatch}</pattern></defs>',
        f'<rect width="100%" height="100%" fill="{theme.surface}"/>',
        *(text for text, _ in lines),
        "</svg>",
    ]
    return "\n".join(parts)


Line = tuple[str, float]
"""A line of text as SVG, and where its foot is, pixels."""


def _heading(words: Words, theme: Theme, width: int) -> list[Line]:
    lines: list[Line] = []
    y = 12.0
    size = TITLE if len(_wrapped(words.title, TITLE * BOLD / LETTER, width)) <= LINES else LONG_TITLE
    for text in _wrapped(words.title, size * BOLD / LETTER, width):
        y += size * 1.25
        lines.append((pen.text(SIDE, y, text, size, theme.ink, weight=600), y))
    y += 6
    for text in _wrapped(words.subtitle, SMALL + 1, width):
        y += (SMALL + 1) * 1.4
        lines.append((pen.text(SIDE, y, text, SMALL + 1, theme.quiet), y))
    return lines


def _footing(words: Words, theme: Theme, width: int, y: float) -> list[Line]:
    lines: list[Line] = []
    for paragraph in (*words.notes, words.foot):
        for text in _wrapped(paragraph, SMALL, width):
            y += SMALL * 1.5
            lines.append((pen.text(SIDE, y, text, SMALL, theme.quiet), y))
    return lines


def _after(lines: Sequence[Line]) -> float:
    return (lines[-1][1] if lines else 0.0) + 14


def _wrapped(text: str, size: float, width: int) -> list[str]:
    most = int((width - 2 * SIDE) / (size * LETTER))
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines if text else []


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The figure itself, without title and foot."""

    figure: dict[str, Any]
    say: Language
    theme: Theme
    width: float
    height: float

    def drawn(self) -> Iterator[str]:
        """Its parts, the hindmost first."""
        traces, layout = self.figure.get("data", []), self.figure.get("layout", {})
        for trace in traces:
            if trace.get("type", "scatter") not in DRAWN:
                raise NotDrawable(f"A {trace['type']} is drawn by the browser alone: save it from the page.")
        if any(trace.get("type") in MAPPED for trace in traces):
            yield from self._map(traces, layout)
            return
        scales = {name: self._scale(name, traces) for name in self._axes(traces)}
        yield from (self._shape(shape, scales) for shape in layout.get("shapes", []) if shape.get("layer") == "below")
        for name, on in scales.items():
            yield from self._axis(name, on, scales)
        yield from self._traces(traces, scales)
        yield from (self._shape(shape, scales) for shape in layout.get("shapes", []) if shape.get("layer") != "below")
        for note in layout.get("annotations", []):
            yield from self._note(note, scales)
        if layout.get("showlegend"):
            yield from self._legend(traces)

    def _map(self, traces: Sequence[dict[str, Any]], layout: dict[str, Any]) -> Iterator[str]:
        """Every country as an outline, those with a colour filled; the dots over them, the legend below."""
        legend = self._keys(traces, self.height - SMALL)
        sheet = atlas.fitted((0, 0, self.width, self.height - self._legend_height(traces)))
        geo = layout.get("geo") or {}
        ground, border = geo.get("landcolor", self.theme.surface), geo.get("countrycolor", self.theme.covered)
        filled = {
            place: trace["colorscale"][-1][1]
            for trace in traces if trace["type"] == "choropleth" for place in _list(trace.get("locations"))
        }  # fmt: skip
        for place, rings in atlas.countries().items():
            course = "".join(f"{pen.path(sheet.course(ring), 'linear', joined=False)}Z" for ring in rings)
            look = f'fill="{filled.get(place, ground)}" stroke="{border}" stroke-width="0.6"'
            yield f'<path d="{course}" fill-rule="evenodd" {look}/>'
        for trace in traces:
            if trace["type"] == "scattergeo":
                spots = zip(_list(trace.get("lon")), _list(trace.get("lat")), strict=False)
                placed = [sheet.at(atlas.flat(*spot)) for spot in spots if None not in spot]
                yield from _dots(trace.get("marker") or {}, placed)
        yield from legend

    def _legend_height(self, traces: Sequence[dict[str, Any]]) -> float:
        return 22.0 * (1 + max((row for _, row, _ in self._rows(traces)), default=0)) + 8

    def _rows(self, traces: Sequence[dict[str, Any]]) -> list[tuple[float, int, dict[str, Any]]]:
        """Where each entry of a map's legend begins: how far across, in which row."""
        x, row, found = 0.0, 0, []
        for trace in traces:
            if not trace.get("name") or not trace.get("showlegend"):
                continue
            wide = 36 + len(str(trace["name"])) * SMALL * LETTER
            if x + wide > self.width and x:
                x, row = 0.0, row + 1
            found.append((x, row, trace))
            x += wide
        return found

    def _keys(self, traces: Sequence[dict[str, Any]], foot: float) -> Iterator[str]:
        placed = self._rows(traces)
        last = max((row for _, row, _ in placed), default=0)
        for x, row, trace in placed:
            y = foot - (last - row) * 22
            yield from _dots({**(trace.get("marker") or {}), "size": 12}, [(x + 8, y - 4.5)])
            yield pen.text(x + 20, y, str(trace["name"]), SMALL, self.theme.ink)

    def _plot(self) -> tuple[float, float, float, float]:
        """Left, right, top and bottom of the plot, pixels."""
        margin = self.figure["layout"].get("margin", {})
        left, right = margin.get("l", 60), self.width - margin.get("r", 20)
        return left, right, margin.get("t", 20), self.height - margin.get("b", 44)

    def _axes(self, traces: Sequence[dict[str, Any]]) -> list[str]:
        used = [axis for trace in traces for axis in (trace.get("xaxis", "x"), trace.get("yaxis", "y"))]
        return list(dict.fromkeys(["x", "y", *used]))

    def _of(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.figure["layout"].get(f"{name[0]}axis{name[1:]}", {})
        return found

    def _scale(self, name: str, traces: Sequence[dict[str, Any]]) -> Scale:
        axis, (left, right, top, bottom) = self._of(name), self._plot()
        low, high = axis.get("domain") or (0, 1)
        values = [value for trace in traces for value in self._on(trace, name)]
        if name[0] == "x":
            return scale(axis, values, left + low * (right - left), left + high * (right - left))
        return scale(axis, values, bottom - low * (bottom - top), bottom - high * (bottom - top))

    def _on(self, trace: dict[str, Any], axis: str) -> list[Any]:
        if trace.get(f"{axis[0]}axis", axis[0]) != axis:
            return []
        zero = [0] if trace.get("type") == "bar" and axis[0] == _length(trace) and not trace.get("base") else []
        return [*_list(trace.get(axis[0])), *zero]

    def _axis(self, name: str, on: Scale, scales: dict[str, Scale]) -> Iterator[str]:
        axis, (left, right, top, bottom) = self._of(name), self._plot()
        if axis.get("visible") is False:
            return
        colour = (axis.get("tickfont") or {}).get("color", self.theme.quiet)
        foot = scales[axis["anchor"]].start if axis.get("anchor") in scales else max(scales["y"].start, bottom)
        if name[0] == "y" and axis.get("anchor") in scales:
            left, right = scales[axis["anchor"]].start, scales[axis["anchor"]].end
        for place, text in ticks(axis, on, self.say):
            if name[0] == "y":
                right_side = axis.get("side") == "right"
                x, anchor = (right + 6, "start") if right_side else (left - 6, "end")
                if axis.get("showgrid") is not False and not axis.get("overlaying"):
                    yield pen.line((left, place, right, place), axis.get("gridcolor", self.theme.rule))
                yield pen.text(x, place + 4.5, text, SMALL, colour, anchor=anchor)
            else:
                if axis.get("showgrid"):
                    yield pen.line((place, top, place, bottom), axis.get("gridcolor", self.theme.rule))
                yield pen.line((place, foot, place, foot + 4), self.theme.rule)
                for n, part in enumerate(text.split("\n")):
                    yield pen.text(place, foot + 18 + n * 16, part, SMALL, colour, anchor="middle")
        yield from self._axis_title(name, axis)

    def _axis_title(self, name: str, axis: dict[str, Any]) -> Iterator[str]:
        title, (left, right, top, bottom) = (axis.get("title") or {}).get("text"), self._plot()
        if not title:
            return
        if name[0] == "x":
            yield pen.text(
                (left + right) / 2, min(bottom + 40, self.height - 2), title, SMALL, self.theme.quiet, anchor="middle"
            )
        else:
            turned = f' transform="rotate(-90 12 {(top + bottom) / 2:.1f})"'
            yield pen.text(12, (top + bottom) / 2, title, SMALL, self.theme.quiet, anchor="middle", more=turned)

    def _traces(self, traces: Sequence[dict[str, Any]], scales: dict[str, Scale]) -> Iterator[str]:
        stacked: dict[Any, float] = {}
        before: list[tuple[float, float]] = []
        for trace in traces:
            if trace.get("visible") in (False, "legendonly"):
                continue
            across, up = scales[trace.get("xaxis", "x")], scales[trace.get("yaxis", "y")]
            if trace.get("type") == "bar":
                yield from self._bars(trace, across, up, stacked)
            else:
                before = yield from self._scatter(trace, across, up, before)

    def _scatter(
        self, trace: dict[str, Any], across: Scale, up: Scale, before: list[tuple[float, float]]
    ) -> Generator[str, None, list[tuple[float, float]]]:
        points = [(across(x), up(y)) for x, y in zip(_list(trace.get("x")), _list(trace.get("y")), strict=False)]
        placed = [(x, y) for x, y in points if x is not None and y is not None]
        mode, line = trace.get("mode") or "lines", trace.get("line") or {}
        opacity = f' opacity="{trace["opacity"]}"' if trace.get("opacity") else ""
        yield from _filled(trace, points, before, up)
        yield from _errors(trace, across, up)
        if "lines" in mode and line.get("width") != 0:
            path = pen.path(points, line.get("shape", "linear"), joined=bool(trace.get("connectgaps")))
            yield (
                f'<path d="{path}" fill="none" stroke="{line.get("color", self.theme.ink)}"'
                f' stroke-width="{line.get("width", 2)}" stroke-linejoin="round"{pen.dashed(line)}{opacity}/>'
            )
        if "markers" in mode:
            yield from _markers(trace.get("marker") or {}, points, line.get("color", self.theme.ink), opacity)
        if "text" in mode:
            yield from self._texts(trace, points)
        return placed

    def _texts(self, trace: dict[str, Any], points: Sequence[tuple[float | None, float | None]]) -> Iterator[str]:
        where, font = str(trace.get("textposition", "middle center")), trace.get("textfont") or {}
        texts = trace.get("text") or []
        anchor = "start" if "right" in where else "end" if "left" in where else "middle"
        shift = {"start": 8, "end": -8, "middle": 0}[anchor]
        rise = -10 if "top" in where else 18 if "bottom" in where else 4.5
        for (x, y), text in zip(points, [texts] * len(points) if isinstance(texts, str) else texts, strict=False):
            if x is not None and y is not None and text:
                size, colour = font.get("size", SMALL), font.get("color", self.theme.ink)
                yield pen.rich(x + shift, y + rise, str(text), size, colour, anchor=anchor)

    def _bars(self, trace: dict[str, Any], across: Scale, up: Scale, stacked: dict[Any, float]) -> Iterator[str]:
        lying = _length(trace) == "x"
        along, beside = (across, up) if lying else (up, across)
        lengths, places = (_list(trace.get("x" if lying else "y")), _list(trace.get("y" if lying else "x")))
        bases, thick = _list(trace.get("base")), self._thickness(trace, places, beside)
        stack = self.figure["layout"].get("barmode") in ("stack", "relative")
        marker = trace.get("marker") or {}
        for n, (length, place) in enumerate(zip(lengths, places, strict=False)):
            centre = beside(place)
            if centre is None or length is None:
                continue
            low = along.number(bases[n]) if bases else (stacked.get(place, 0.0) if stack else 0.0)
            low = 0.0 if low is None else low
            stacked[place] = low + float(length)
            a, b = sorted((along.at(low), along.at(low + float(length))))
            fill = _nth(marker.get("color"), n) or self.theme.quiet
            box = (a, centre - thick / 2, b - a, thick) if lying else (centre - thick / 2, a, thick, b - a)
            yield pen.rect(box, "url(#hatch)" if fill == CLEAR and marker.get("pattern") else fill)

    def _thickness(self, trace: dict[str, Any], places: Sequence[Any], beside: Scale) -> float:
        gap = 1 - float(self.figure["layout"].get("bargap", 0.2))
        if trace.get("width"):
            return abs(beside.at(float(_nth(trace["width"], 0))) - beside.at(0))
        numbers = sorted({found for place in places if (found := beside.number(place)) is not None})
        step = min((b - a for a, b in pairwise(numbers)), default=abs(beside.high - beside.low))
        return abs(beside.at(step) - beside.at(0)) * gap

    def _shape(self, shape: dict[str, Any], scales: dict[str, Scale]) -> str:
        x0, x1 = (self._place(shape.get("xref", "x"), shape[key], scales, side="x") for key in ("x0", "x1"))
        y0, y1 = (self._place(shape.get("yref", "y"), shape[key], scales) for key in ("y0", "y1"))
        line, opacity = shape.get("line") or {}, f' opacity="{shape.get("opacity", 1)}"'
        if shape.get("type") == "line":
            colour, width = line.get("color", self.theme.quiet), line.get("width", 1)
            return pen.line((x0, y0, x1, y1), colour, width=width, more=pen.dashed(line) + opacity)
        box = (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
        return pen.rect(box, shape.get("fillcolor", "none"), more=opacity)

    def _place(self, reference: str, value: Any, scales: dict[str, Scale], side: str = "") -> float:  # noqa: ANN401
        left, right, top, bottom = self._plot()
        if reference == "paper" or reference.endswith("domain"):
            horizontal = side == "x" or reference.startswith("x")
            return float(left + value * (right - left) if horizontal else bottom - value * (bottom - top))
        return scales[reference](value) or 0.0

    def _note(self, note: dict[str, Any], scales: dict[str, Scale]) -> Iterator[str]:
        x = self._at(note, "x", scales) + note.get("xshift", 0)
        y = self._at(note, "y", scales) - note.get("yshift", 0)
        font, arrow = note.get("font") or {}, note.get("showarrow", True)
        size, colour = font.get("size", SMALL), font.get("color", self.theme.ink)
        if arrow:
            end = (x + note.get("ax", 0), y + note.get("ay", 0))
            yield pen.line((x, y, *end), note.get("arrowcolor", colour))
            x, y = end
        anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
        text = str(note.get("text", ""))
        high = size * 1.25 * (text.count("<br>") + 1)
        rise = {"bottom": -high + size, "top": size}.get(
            note.get("yanchor", ""), size * 0.36 - (high - size * 1.25) / 2
        )
        yield pen.rich(x + (2 if arrow else 0), y + rise, text, size, colour, anchor=anchor)

    def _at(self, note: dict[str, Any], side: str, scales: dict[str, Scale]) -> float:
        """Where a note stands, across (x) or up (y); of a logarithmic axis it names the power of ten."""
        reference = note.get(f"{side}ref", side)
        on = scales.get(reference)
        return on.at(note[side]) if on and on.kind == "log" else self._place(reference, note[side], scales, side=side)

    def _legend(self, traces: Sequence[dict[str, Any]]) -> Iterator[str]:
        x = self._plot()[0]
        for trace in traces:
            if not trace.get("name") or trace.get("showlegend") is False:
                continue
            yield from _sample(trace, (x + 11, 7.0), self.theme)
            yield pen.text(x + 28, 12, str(trace["name"]), SMALL, self.theme.ink)
            x += 48 + len(str(trace["name"])) * SMALL * LETTER


def _sample(trace: dict[str, Any], at: tuple[float, float], theme: Theme) -> Iterator[str]:
    """What an entry of the legend stands for, as it is drawn: a line, a mark, a bar."""
    (x, y), line, marker = at, trace.get("line") or {}, trace.get("marker") or {}
    mode, colour = trace.get("mode") or "lines", line.get("color") or _nth(marker.get("color"), 0) or theme.quiet
    if trace.get("type") == "bar":
        yield pen.rect((x - 7, y - 5, 14, 10), colour)
        return
    if "lines" in mode:
        yield pen.line((x - 11, y, x + 11, y), colour, width=line.get("width", 2), more=pen.dashed(line))
    if "markers" in mode:
        yield from _markers(marker, [at], colour, "")


def _filled(
    trace: dict[str, Any],
    points: Sequence[tuple[float | None, float | None]],
    before: Sequence[tuple[float, float]],
    up: Scale,
) -> Iterator[str]:
    placed = [(x, y) for x, y in points if x is not None and y is not None]
    kind, colour = trace.get("fill"), trace.get("fillcolor", "none")
    if not placed or kind in (None, "none"):
        return
    floor = [(placed[-1][0], up.at(0)), (placed[0][0], up.at(0))]
    edge = {"tonexty": list(reversed(before)), "tozeroy": floor}.get(str(kind), [])
    for outline in _pieces(points) if kind == "toself" else [[*placed, *edge]]:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)
        yield f'<polygon points="{corners}" fill="{colour}" stroke="none"/>'


def _pieces(points: Sequence[tuple[float | None, float | None]]) -> list[list[tuple[float, float]]]:
    """The outlines that points without a place set apart: a band with gaps is several."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if x is None or y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]


def _errors(trace: dict[str, Any], across: Scale, up: Scale) -> Iterator[str]:
    for key, own, other in (("error_y", up, across), ("error_x", across, up)):
        bars = trace.get(key) or {}
        if bars.get("visible") is False or bars.get("array") is None:
            continue
        plus, less = _list(bars["array"]), _list(bars.get("arrayminus") or bars["array"])
        values, beside = (_list(trace.get(key[-1])), _list(trace.get("x" if key[-1] == "y" else "y")))
        for value, place, more, fewer in zip(values, beside, plus, less, strict=False):
            low, high, at = own(value - (fewer or 0)), own(value + (more or 0)), other(place)
            if low is not None and high is not None and at is not None:
                ends = (at, low, at, high) if key[-1] == "y" else (low, at, high, at)
                yield pen.line(ends, bars.get("color", "currentColor"), width=bars.get("thickness", 2))


def _markers(
    marker: dict[str, Any], points: Sequence[tuple[float | None, float | None]], colour: str, opacity: str
) -> Iterator[str]:
    for n, (x, y) in enumerate(points):
        if x is None or y is None:
            continue
        size, symbol = float(_nth(marker.get("size"), n) or 6), str(_nth(marker.get("symbol"), n) or "circle")
        edge = marker.get("line") or {}
        fill = str(_nth(marker.get("color"), n) or colour)
        stroke = str(_nth(edge.get("color"), n) or fill) if symbol.endswith("-open") or symbol in LINE_SYMBOLS else None
        width = edge.get("width", 1.5)
        look = f'fill="none" stroke="{stroke}" stroke-width="{width}"' if stroke else f'fill="{fill}"'
        yield pen.symbol(symbol, (x, y), size / 2, look + opacity)


def _dots(marker: dict[str, Any], points: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Round marks with an edge, as a map has them."""
    edge = marker.get("line") or {}
    look = f'fill="{marker.get("color")}" stroke="{edge.get("color")}" stroke-width="{edge.get("width", 1)}"'
    yield from (pen.symbol("circle", point, float(marker.get("size", 9)) / 2, look) for point in points)


def _length(trace: dict[str, Any]) -> str:
    return "x" if trace.get("orientation") == "h" else "y"


def _list(values: Any) -> list[Any]:  # noqa: ANN401 - what a figure holds
    """A trace's values as a list, also where Plotly packed them."""
    if values is None:
        return []
    if isinstance(values, dict) and "bdata" in values:
        return array(TYPE_CODES[values["dtype"]], base64.b64decode(values["bdata"])).tolist()
    return list(values) if hasattr(values, "__len__") and not isinstance(values, str) else [values]


def _nth(value: Any, n: int) -> Any:  # noqa: ANN401 - one value for all points, or one each
    if isinstance(value, dict | list | tuple) or (hasattr(value, "__len__") and not isinstance(value, str)):
        values = _list(value)
        return values[n] if n < len(values) else None
    return value
