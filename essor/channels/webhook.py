"""Alerts by webhook: one POST of JSON, whose `text` Slack and Mattermost show as it is."""

from __future__ import annotations

import os
from dataclasses import asdict
from urllib.parse import urlsplit

import httpx

from essor.channels._channel import TIMEOUT, Message, Undelivered
from essor.settings import AlertSettings, Settings


def destination(alert: AlertSettings) -> str | None:
    """The variable that holds the address, which is itself a secret; None without one."""
    return alert.webhook_variable


def trouble(alert: AlertSettings, settings: Settings) -> str | None:
    """What is missing of the address."""
    if alert.webhook_variable is None:
        return None
    url = urlsplit(os.environ.get(alert.webhook_variable, ""))
    if url.scheme not in ("http", "https") or not url.hostname:
        return f"The variable {alert.webhook_variable} holds no web address: set it to https://…"
    return None


def deliver(message: Message, alert: AlertSettings, settings: Settings) -> None:
    """Post it. Raises Undelivered when the server cannot be reached or does not answer with success."""
    url = os.environ[str(alert.webhook_variable)]
    try:
        answer = httpx.post(url, json=_body(message), timeout=TIMEOUT, headers={"User-Agent": settings.user_agent})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undelivered(f"The webhook of {alert.webhook_variable} cannot be reached: {error}.") from error
    if not answer.is_success:
        raise Undelivered(f"The webhook of {alert.webhook_variable} answered {answer.status_code}.")


def _body(message: Message) -> dict[str, object]:
    lines = [f"• {item.text} ({item.place}) {message.link(item)}" for item in message.items]
    news = [
        {**asdict(item), "observed_at": item.observed_at.isoformat(), "link": message.link(item)}
        for item in message.items
    ]
    return {
        "text": "\n".join([message.subject, *lines, message.foot]),
        "alert": message.alert,
        "language": message.language,
        "news": news,
    }
