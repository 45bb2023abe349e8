"""Alerts by mail: one message to all its addresses, as plain text and as HTML."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape

from dashboard.news import News
from essor.channels._channel import TIMEOUT, Message, Undelivered
from essor.settings import AlertSettings, MailSettings, Settings


def destination(alert: AlertSettings) -> str | None:
    """The addresses; None without any."""
    return ", ".join(alert.mail) or None


def trouble(alert: AlertSettings, settings: Settings) -> str | None:
    """What is missing of the mail server's settings."""
    mail = settings.mail
    if not alert.mail:
        return None
    if not mail.host or not mail.sender:
        return 'No mail server is set: give [mail] host = "…" and sender = "…" in essor.toml.'
    if mail.user and not os.environ.get(mail.password_variable):
        return f"The variable {mail.password_variable} with the password of {mail.user} is not set."
    return None


def deliver(message: Message, alert: AlertSettings, settings: Settings) -> None:
    """Send it. Raises Undelivered when the server cannot be reached or refuses it, or an address of it."""
    try:
        with _server(settings.mail) as server:
            refused = server.send_message(_mail(message, alert, settings.mail))
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"The mail server {settings.mail.host} did not take it: {error}.") from error
    if refused:
        raise Undelivered(f"The mail server {settings.mail.host} refused {', '.join(sorted(refused))}.")


@contextmanager
def _server(mail: MailSettings) -> Iterator[smtplib.SMTP]:
    """A connection that is safe as the settings say, logged in where they name a user."""
    safe = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=safe)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    with server:
        if mail.security == "starttls":
            server.starttls(context=safe)
        if mail.user:
            server.login(mail.user, os.environ[mail.password_variable])
        yield server


def _mail(message: Message, alert: AlertSettings, mail: MailSettings) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = message.subject
    made["From"] = mail.sender
    made["To"] = ", ".join(alert.mail)
    made["Date"] = formatdate()
    made["Message-ID"] = make_msgid("essor", mail.sender.rpartition("@")[2].rstrip(">") or None)
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = message.language
    made.set_content(_plain(message))
    made.add_alternative(_html(message), subtype="html")
    return made


def _plain(message: Message) -> str:
    items = (f"{item.text}\n{_under(item)}\n{message.link(item)}\n" for item in message.items)
    return "\n".join([*items, f"-- \n{message.foot}\n"])


def _html(message: Message) -> str:
    items = "".join(
        '<li style="margin:0 0 14px">'
        f'<a href="{escape(message.link(item))}" style="color:#1a1a1a">{escape(item.text)}</a>'
        f'<br><span style="color:#5c5c5c;font-size:13px">{escape(_under(item))}</span></li>'
        for item in message.items
    )
    return (
        f'<!doctype html><html lang="{message.language}"><body style="font:16px/1.45 sans-serif;color:#1a1a1a">'
        f'<ul style="padding:0 0 0 18px">{items}</ul><p style="color:#5c5c5c;font-size:13px">{escape(message.foot)}</p>'
        "</body></html>"
    )


def _under(item: News) -> str:
    return f"{item.place} · {item.observed_at:%Y-%m-%d %H:%M} UTC"
