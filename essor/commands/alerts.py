"""The commands of alerts: who is told of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from essor.terminal import AsJson, DataDir, out, print_json, say, settings_of

if TYPE_CHECKING:
    from essor.jobs.alerts import Delivery

alerts = typer.Typer(help="Tell people what happened, by mail or webhook.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The alert's name in the settings.")]


@alerts.command("show")
def show(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show every alert of the settings, where it goes, what it lacks, and how it went the last time."""
    from essor.jobs.alerts import standings

    found = standings(settings_of(data_dir))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        say("There are no alerts. docs/guide/alerts.md says how to write one into essor.toml.")
        return
    table = Table("alert", "channel", "goes to", "last", "result")
    for one in found:
        table.add_row(
            one.alert, one.channel, one.destination, one.last_at or "never", one.trouble or one.last_error or "ok"
        )
    out.print(table)


@alerts.command("check")
def check(
    name: Name,
    data_dir: DataDir = None,
    days: Annotated[int, typer.Option("--days", help="So far back.", min=1)] = 30,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what an alert would have told lately, so that it can be made louder or quieter. Sends nothing."""
    from essor.jobs.alerts import alert_named, told_in

    settings = settings_of(data_dir)
    items = told_in(settings, alert_named(settings, name), datetime.now(UTC) - timedelta(days=days))
    if as_json:
        print_json([asdict(item) for item in items])
        return
    for item in items:
        say(f"{item.observed_at:%Y-%m-%d %H:%M}  {item.text}  ({item.place})")
    say(f"{len(items)} pieces of news in {days} days.")


@alerts.command("send")
def send(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Tell what has not been told yet; each crawl does so by itself. Exits with 1 when something did not arrive."""
    from essor.jobs.alerts import send_alerts

    _report(send_alerts(settings_of(data_dir)), as_json=as_json)


@alerts.command("test")
def send_test_message(name: Name, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Send a message that says it is a test by each of the alert's channels."""
    from essor.jobs.alerts import alert_named, send_test

    settings = settings_of(data_dir)
    _report(send_test(settings, alert_named(settings, name)), as_json=as_json)


def _report(done: Sequence[Delivery], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(delivery) for delivery in done])
    else:
        say("\n".join(str(delivery) for delivery in done) or "There is nothing new to tell.")
    if any(delivery.error for delivery in done):
        raise typer.Exit(1)
