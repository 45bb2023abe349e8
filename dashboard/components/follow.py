"""How to be told without looking: the page of news, its feed, alerts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.desk import Reader
from dashboard.selection import Selection


def follow(apps: Sequence[str], country: str | None, reader: Reader, *, kinds: Sequence[str] = ()) -> list[Any]:
    """Links to follow these apps (slugs; all of none is named) in this storefront (None: in all)."""
    say = reader.say
    chosen = Selection(apps=tuple(apps), country=country)
    page = dcc.Link(say("follow.news"), href=f"/news{reader.address(chosen)}", className="follow-news")
    return [say("follow.how"), " ", page, " · ", *feed_and_alerts(apps, country, reader, kinds=kinds)]


def feed_and_alerts(
    apps: Sequence[str], country: str | None, reader: Reader, *, kinds: Sequence[str] = ()
) -> list[Any]:
    """The feed of a choice, and that alerts go by mail or webhook."""
    query = Selection(apps=tuple(apps), country=country, lang=reader.say.code).query()
    address = f"/feed.atom{query}" + (f"&kinds={','.join(kinds)}" if kinds else "")
    return [html.A(reader.say("news.follow"), href=address, className="feed"), " · ", reader.say("news.alerts")]
