"""Where a value of a Plotly axis lies on paper, and which ticks the axis bears."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboard.language import Language

DAY = 86_400_000.0
"""Milliseconds of a day."""
MINUTE = 60_000.0
STEPS_OF_MINUTES = (1, 5, 15, 30, 60, 180, 360, 720)
STEPS_OF_DAYS = (1, 2, 7, 14)
STEPS_OF_MONTHS = (1, 2, 3, 6, 12, 24, 60)
BY_THE_CLOCK = 2
"""An axis of fewer days bears hours."""
TICK_ROOM = 84
"""The least room between two ticks of a time axis, pixels."""
PAD = 0.05
"""Room beside the data on an axis without a range, as a share of it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis on paper."""

    kind: str
    """``"date"``, ``"log"``, ``"linear"`` or ``"category"``."""
    low: float
    """The number at its start."""
    high: float
    """The number at its end."""
    start: float
    """Its start, pixels."""
    end: float
    """Its end, pixels."""
    names: tuple[str, ...] = ()
    """The categories, in their order."""

    def number(self, value: Any) -> float | None:  # noqa: ANN401 - what a figure holds
        """The value as the axis counts: milliseconds, a power of ten, a place; None for what has no place on it."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if self.kind == "category":
            return float(self.names.index(str(value))) if str(value) in self.names else None
        if self.kind == "date":
            return milliseconds(value)
        found = float(value)
        return found if self.kind == "linear" else math.log10(found) if found > 0 else None

    def __call__(self, value: Any) -> float | None:  # noqa: ANN401 - what a figure holds
        """Where the value lies, pixels."""
        found = self.number(value)
        return None if found is None else self.at(found)

    def at(self, number: float) -> float:
        """Where a number of the axis lies, pixels."""
        width = (self.high - self.low) or 1.0
        return self.start + (number - self.low) / width * (self.end - self.start)


def milliseconds(value: Any) -> float:  # noqa: ANN401 - a moment as Plotly takes it
    """A moment, a day, or its text, as milliseconds since 1970."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone follows
    moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.timestamp() * 1000


def scale(axis: dict[str, Any], values: Sequence[Any], start: float, end: float) -> Scale:
    """The scale of a Plotly axis between two places on paper, from its own range or from the values drawn on it."""
    kind = axis.get("type") or _kind(values)
    names = tuple(dict.fromkeys(str(value) for value in values if value is not None)) if kind == "category" else ()
    bare = Scale(kind, 0, 1, start, end, names)
    if axis.get("range"):
        low, high = (float(v) if kind == "log" else bare.number(v) or 0.0 for v in axis["range"])
        return Scale(kind, low, high, start, end, names)
    low, high = _extent([found for value in values if (found := bare.number(value)) is not None], axis)
    if axis.get("autorange") == "reversed":
        low, high = high, low
    return Scale(kind, low, high, start, end, names)


def _kind(values: Sequence[Any]) -> str:
    first = next((value for value in values if value is not None), 0)
    if isinstance(first, date):
        return "date"
    if isinstance(first, str):
        try:
            datetime.fromisoformat(first)
        except ValueError:
            return "category"
        return "date"
    return "linear"


def _extent(numbers: Sequence[float], axis: dict[str, Any]) -> tuple[float, float]:
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if axis.get("type") == "category" or (low == high and axis.get("type") != "log"):
        return low - 0.5, high + 0.5
    pad = (high - low) * PAD
    zero = axis.get("rangemode") in ("tozero", "nonnegative") and low >= 0
    return (0.0 if zero else low - pad), high + pad


def ticks(axis: dict[str, Any], on: Scale, say: Language) -> list[tuple[float, str]]:
    """The axis' ticks: where, pixels, and what stands there; a line break between a day and its year."""
    if axis.get("tickvals") is not None:
        texts = axis.get("ticktext") or [_told(value, axis, say) for value in axis["tickvals"]]
        pairs = [(on(value), str(text)) for value, text in zip(axis["tickvals"], texts, strict=False)]
    elif on.kind == "date":
        pairs = [(on.at(place), text) for place, text in _time_ticks(on, say)]
    elif on.kind == "category":
        pairs = [(on(name), name) for name in on.names]
    else:
        pairs = [(on(value), _told(value, axis, say)) for value in _round_values(on, axis)]
    first, last = sorted((on.start, on.end))
    return [(place, text) for place, text in pairs if place is not None and first - 1 <= place <= last + 1]


def _told(value: float, axis: dict[str, Any], say: Language) -> str:
    text = say.percent(value) if "%" in str(axis.get("tickformat", "")) else say.number(round(value, 6))
    return f"{axis.get('tickprefix') or ''}{text}{axis.get('ticksuffix') or ''}"


def _round_values(on: Scale, axis: dict[str, Any]) -> list[float]:
    low, high = sorted((on.low, on.high))
    if on.kind == "log":
        return [10.0**power for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    wanted = (high - low) / 5 or 1.0
    power = 10 ** math.floor(math.log10(wanted))
    step = float(axis.get("dtick") or next(power * n for n in (1, 2, 5, 10) if power * n >= wanted))
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _time_ticks(on: Scale, say: Language) -> Iterable[tuple[float, str]]:
    low, high = sorted((on.low, on.high))
    most = max(int(abs(on.end - on.start) / TICK_ROOM), 1)
    days = (high - low) / DAY
    if days < BY_THE_CLOCK:
        yield from _hours(low, high, most, say)
        return
    step = next((n for n in STEPS_OF_DAYS if days / n <= most), None)
    found = _every_days(low, high, step) if step else _every_months(low, high, _months(days, most))
    year = None
    for day in found:
        text = say.short_day(day, year=False) if step else say.short_month(day)
        yield milliseconds(day), text if day.year == year else f"{text}\n{day.year}"
        year = day.year


def _hours(low: float, high: float, most: int, say: Language) -> Iterable[tuple[float, str]]:
    """The full hours, or parts or multiples of them; the day stands below the first that is in it."""
    minutes = (high - low) / MINUTE
    step = MINUTE * next((n for n in STEPS_OF_MINUTES if minutes / n <= most), STEPS_OF_MINUTES[-1])
    day = None
    for n in range(math.ceil(low / step), math.floor(high / step) + 1):
        at = datetime.fromtimestamp(n * step / 1000, UTC)
        yield n * step, f"{at:%H:%M}" if at.date() == day else f"{at:%H:%M}\n{say.short_day(at)}"
        day = at.date()


def _months(days: float, most: int) -> int:
    return next((n for n in STEPS_OF_MONTHS if days / 30.4 / n <= most), STEPS_OF_MONTHS[-1])


def _every_days(low: float, high: float, step: int) -> Iterable[date]:
    first = datetime.fromtimestamp(low / 1000, UTC).date()
    count = int((high - low) / DAY) + 2
    days = (first + timedelta(days=n) for n in range(count))
    return [day for day in days if day.toordinal() % step == 0 and low <= milliseconds(day) <= high]


def _every_months(low: float, high: float, step: int) -> Iterable[date]:
    first, last = (datetime.fromtimestamp(edge / 1000, UTC) for edge in (low, high))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = [date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0]
    return [day for day in days if low <= milliseconds(day) <= high]
