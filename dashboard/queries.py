"""What a figure shows, as a command that a reader can give to a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.selection import Selection
from essor.model.apps import App
from essor.model.charts import Chart


def command(query: str, snapshot: datetime | None) -> str:
    """`essor sql` with a query and the snapshot it is asked of. The query uses no double quote."""
    as_of = f" --as-of {snapshot.isoformat()}" if snapshot else ""
    return f'essor sql{as_of} "\n{query}"'


def rank_history_query(charts: Sequence[Chart], apps: Sequence[App], selection: Selection) -> str:
    """Each look at a chart, in one storefront or several, and the ranks of some apps in it."""
    slugs = ", ".join(f"'{app.slug}'" for app in apps)
    several = "l.country, " if len(charts) > 1 else ""
    return f"""SELECT {several}l.observed_at, e.app, e.rank, l.depth, l.status, l.source, l.reading_id
FROM chart_readings AS l
LEFT JOIN chart_entries AS e
  ON e.reading_id = l.reading_id AND e.month = l.month AND e.app IN ({slugs})
WHERE {_of_chart(charts, "l")}{_days(selection, "l")}
ORDER BY {several}l.observed_at, e.rank"""  # noqa: S608 - a text to read; every value is one of ours


def top_chart_query(chart: Chart, at: datetime) -> str:
    """A chart as it was seen at a moment."""
    return f"""SELECT rank, name, developer, app, app_id, reading_id
FROM chart_entries
WHERE {_of_chart([chart])}
  AND observed_at = '{at.isoformat()}'
ORDER BY rank"""  # noqa: S608 - the same


def _of_chart(charts: Sequence[Chart], table: str = "") -> str:
    """The predicate on one chart, in as many storefronts as there are charts."""
    name, chart = f"{table}." if table else "", charts[0]
    fronts = ", ".join(f"'{one.country}'" for one in charts)
    fields = {"store": f"= '{chart.store}'", "country": f"IN ({fronts})" if len(charts) > 1 else f"= {fronts}",
              "device": f"= '{chart.device}'", "collection": f"= '{chart.collection}'",
              "category": f"= '{chart.category}'"}  # fmt: skip
    return " AND ".join(f"{name}{field} {wanted}" for field, wanted in fields.items())


def _days(selection: Selection, table: str) -> str:
    since = f"\n  AND {table}.observed_at >= '{selection.since} 00:00+00'" if selection.since else ""
    after = selection.until + timedelta(days=1) if selection.until else None
    return since + (f"\n  AND {table}.observed_at < '{after} 00:00+00'" if after else "")
