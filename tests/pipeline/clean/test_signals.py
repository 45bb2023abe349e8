"""Landed signals to rows: periods, rules, and what is set aside."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint
from pipeline.clean.readings import KNOWN
from pipeline.clean.signals import CleanSignals, clean_signals
from pipeline.landed import landed_signals
from pipeline.schemas import SCHEMAS
from tests.landed import VIEWS, at, land, signal_reading

NOW = at("2026-11-01 12:00")
LOOK = at("2026-10-09 12:00")
SHARE = Metric("share", "percent", SignalKind.SHARE, Precision.ROUNDED, "A share.")
RANK = Metric("rank", "place", SignalKind.RANK, Precision.EXACT, "A place.")


def clean(tmp_path: Path, points: list[SignalPoint], metric: Metric = VIEWS) -> CleanSignals:
    """The rows of one reading with these figures."""
    land(tmp_path, [signal_reading(LOOK, points, metric=metric)])
    return clean_signals(landed_signals([tmp_path / "landing" / "run"]), pl.DataFrame(schema=KNOWN), NOW)


def test_days_moments_and_the_look_itself_are_periods(tmp_path: Path) -> None:
    """A day is from midnight to midnight, a moment has no begin, and a figure without either is as of the look."""
    day, moment = SignalPoint(5, "2026-10-01", "2026-10-02"), SignalPoint(6, None, "2026-10-03T01:02:03Z", "6.0")
    points = clean(tmp_path, [day, moment, SignalPoint(7)]).points
    assert points.select("period_start", "period_end", "value", "said").rows() == [
        (at("2026-10-01 00:00"), at("2026-10-02 00:00"), 5.0, None),
        (None, at("2026-10-03 01:02:03"), 6.0, "6.0"),
        (None, LOOK, 7.0, None),
    ]
    assert points.schema == SCHEMAS["signal_points"]


def test_figures_that_cannot_be_are_set_aside(tmp_path: Path) -> None:
    """Below zero, of a period not over, ending before it begins, for the same period again: each with its reason."""
    good = SignalPoint(5, "2026-10-01", "2026-10-02")
    odd = [
        SignalPoint(-1, "2026-10-02", "2026-10-03"),
        SignalPoint(5, "2026-10-09", "2026-10-10"),
        SignalPoint(5, "2026-10-08", "2026-10-07"),
        SignalPoint(6, "2026-10-01", "2026-10-02"),
        SignalPoint(6, None, "soon"),
    ]
    done = clean(tmp_path, [good, *odd])
    assert done.points["value"].to_list() == [5.0]
    assert done.readings["points"].to_list() == [1]
    assert done.rejects.select("position", "reason").rows() == [
        (2, "impossible_value"),
        (3, "period_not_over"),
        (4, "impossible_period"),
        (5, "same_period_again"),
        (6, "impossible_period"),
    ]


def test_shares_and_places_have_their_bounds(tmp_path: Path) -> None:
    """No share is above its whole and no place is before the first."""
    share = clean(tmp_path / "a", [SignalPoint(101, None, "2026-10-01")], SHARE)
    place = clean(tmp_path / "b", [SignalPoint(0, None, "2026-10-01")], RANK)
    assert [done.rejects["reason"].to_list() for done in (share, place)] == [["impossible_share"], ["impossible_value"]]


def test_a_look_that_failed_has_no_figure(tmp_path: Path) -> None:
    """The reading stays, with its status, and brings no row of points."""
    land(tmp_path, [signal_reading(LOOK, [], status=Status.FAILED)])
    done = clean_signals(landed_signals([tmp_path / "landing" / "run"]), pl.DataFrame(schema=KNOWN), NOW)
    assert done.readings.select("status", "points").rows() == [("failed", 0)]
    assert done.points.is_empty()


def test_a_reading_from_the_future_is_set_aside_whole(tmp_path: Path) -> None:
    """Neither the reading nor its figures count."""
    land(tmp_path, [signal_reading(at("2099-01-01 00:00"), [SignalPoint(1)])])
    done = clean_signals(landed_signals([tmp_path / "landing" / "run"]), pl.DataFrame(schema=KNOWN), NOW)
    assert (done.readings.height, done.points.height, done.rejects["reason"].to_list()) == (0, 0, ["from_the_future"])
