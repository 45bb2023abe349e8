"""Tests of dashboard/figures/rating_steps.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.rating_steps import rating_steps_figure
from dashboard.figures.theme import DARK, LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN = Language("en")
START = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    """The traces of this name."""
    return [trace for trace in figure.data if trace.name == name]


def steps(*rows: tuple[int, int | None, str]) -> pl.DataFrame:
    """Looks of ChatGPT a week apart: rating count, new ratings, change."""
    return pl.DataFrame(
        [
            {
                "app": "chatgpt", "previous_at": START + 7 * DAY * (n - 1) if n else None,
                "observed_at": START + 7 * DAY * n,
                "rating_count": count, "rating_average": 4.8, "change": change, "new_ratings": new,
                "fell_by": 3 if change in ("fell", "reset") else 0, "days": 7.0 if n else None,
                "per_day": new / 7 if new is not None and n else None, "reading_id": f"{n:016x}",
            }
            for n, (count, new, change) in enumerate(rows)
        ],
        infer_schema_length=None,
    )  # fmt: skip


NO_VERSIONS = pl.DataFrame(schema={"app": pl.String, "observed_at": pl.Datetime("us", "UTC"), "value": pl.String})


def test_a_fall_is_set_aside_and_shown_and_a_reset_breaks_the_line() -> None:
    """Neither is a negative pace."""
    frame = steps((100, None, "first"), (170, 70, "grew"), (160, 0, "fell"), (20, None, "reset"), (90, 70, "grew"))
    figure = rating_steps_figure(frame, NO_VERSIONS, apps("chatgpt"), "pace", say=EN, theme=LIGHT)
    line = named(figure, "ChatGPT")[0]
    assert min(value for value in line.y if value is not None) == 0
    assert None in line.y
    aside = named(figure, EN("ratings.set_aside"))[0]
    assert len(aside.x) == 2
    assert aside.marker.color == LIGHT.trouble


def test_a_spike_neither_stretches_the_axis_nor_bends_the_line() -> None:
    """It stands under the axis with its value, and leads to its evidence."""
    frame = steps((100, None, "first"), (9_000, None, "spike"), (170, 70, "grew"))
    frame = frame.with_columns(previous_at=pl.when(pl.col("change") != "spike").then("previous_at"))
    figure = rating_steps_figure(frame, NO_VERSIONS, apps("chatgpt"), "count", say=EN, theme=LIGHT)
    assert list(named(figure, "ChatGPT")[0].y) == [100, 170]
    assert figure.layout.yaxis.range[1] < 300
    ((reading, told),) = named(figure, EN("ratings.set_aside"))[0].customdata
    assert (reading, told[:13]) == (f"{1:016x}", "9,000 ratings")


def test_versions_stand_where_they_were_first_seen() -> None:
    """With their name on hover."""
    versions = pl.DataFrame({"app": ["chatgpt"], "observed_at": [START + 7 * DAY], "value": ["1.2"]})
    frame = steps((100, None, "first"), (170, 70, "grew"))
    figure = rating_steps_figure(frame, versions, apps("chatgpt"), "count", say=EN, theme=DARK)
    strip = next(trace for trace in named(figure, "ChatGPT") if trace.yaxis == "y2")
    assert strip.customdata[0][1] == "version 1.2"
