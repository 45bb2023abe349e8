"""Alerts reach a real mail server and a real web server: each thing once, in the reader's language."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from essor.jobs.alerts import Delivery, send_alerts, send_test, standings, told_in
from essor.jobs.refresh import refresh
from essor.model.errors import SettingsError
from essor.settings import Settings, read_settings
from tests.landed import LE_CHAT, at, chart_reading, evidence, land
from tests.ports import free_port

NOW = at("2026-10-09 18:00")
OTHERS = [f"70000000{number:02}" for number in range(40)]
ALERT: dict[str, Any] = {"name": "le-chat", "apps": ["le-chat"], "kinds": ["into_top", "out_of_top"], "places": 200}


class Mailbox:
    """Takes mail, or refuses it."""

    def __init__(self) -> None:
        self.mail: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's own
        """One message."""
        if self.refuses:
            return "451 Try again later"
        self.mail.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on this machine, and its port."""
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@contextmanager
def hook(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server on this machine that keeps what is posted: its address, and the posts."""
    posts: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", posts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_with(data_dir: Path, port: int, *alerts: dict[str, Any]) -> Settings:
    """Settings with these alerts and a mail server."""
    mail = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "essor@example.org"}
    return read_settings(
        data_dir=data_dir,
        alerts=list(alerts),
        mail=mail,
        public_url="https://essor.example.org/",
        contact="x@example.org",
    )


def look(settings: Settings, when: str, place: int) -> None:
    """A look at the French chart, with Le Chat at this place."""
    ids = [*OTHERS[: place - 1], LE_CHAT, *OTHERS[place - 1 :]]
    run = f"run-{when.replace(' ', '-')}"
    land(settings.data_dir, [chart_reading(at(when), ids, said=evidence(at(when), run_id=run))], run)
    refresh(settings)


def test_each_thing_is_mailed_once_in_the_alerts_language(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """What was before the alert is not told; then in, mailed in French with its link; asked again: nothing."""
    box, port = mailbox
    settings = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"], "language": "fr"})
    look(settings, "2026-10-08 12:00", 12)
    look(settings, "2026-10-08 18:00", 8)
    assert send_alerts(settings, NOW) == []
    look(settings, "2026-10-09 06:00", 14)
    (done,) = send_alerts(settings, NOW)
    assert done == Delivery("le-chat", "mail", "team@example.org", 1)
    assert send_alerts(settings, NOW) == []
    (mail,) = box.mail
    said = "essor : Le Chat quitte les 10 premiers : désormais 14e (avant : 8e, le 8 oct.)."
    assert mail["Subject"].replace("\N{NO-BREAK SPACE}", " ") == said
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert (
        "https://essor.example.org/rankings?apps=le-chat&store=apple&country=fr&chart=top-free" in plain.get_content()
    )
    assert "France · App Store · Top gratuits · Productivité · 2026-10-09 06:00 UTC" in plain.get_content()
    assert '<html lang="fr">' in rich.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"


def test_news_of_a_simulated_market_is_called_so(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """Nobody takes it for the real one."""
    box, port = mailbox
    real = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"]})
    settings = real.model_copy(update={"simulated": "http://127.0.0.1:9"})
    for when, place in (("2026-10-08 12:00", 12), ("2026-10-08 18:00", 8), ("2026-10-09 06:00", 14)):
        look(settings, when, place)
        send_alerts(settings, NOW)
    assert [mail["Subject"].startswith("Simulated market – essor: ") for mail in box.mail] == [True, True]


def test_the_same_again_is_not_told_within_the_quiet_hours(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """In and out of the first ten, hour by hour: one mail for each kind; a day later it is news again."""
    box, port = mailbox
    settings = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"]})
    look(settings, "2026-10-07 00:00", 12)
    send_alerts(settings, NOW)
    for hour in range(1, 5):
        look(settings, f"2026-10-08 {hour:02}:00", 9 if hour % 2 else 11)
        send_alerts(settings, NOW)
    assert [mail["Subject"].split(":")[1].split(" (")[0] for mail in box.mail] == [
        " Le Chat enters the first 10", " Le Chat leaves the first 10",
    ]  # fmt: skip
    look(settings, "2026-10-09 12:00", 4)
    assert len(send_alerts(settings, NOW)) == 1


def test_what_did_not_arrive_is_tried_again(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """A server that refuses, then takes: told late, once; the standing says why it did not arrive."""
    box, port = mailbox
    settings = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"]})
    look(settings, "2026-10-08 12:00", 12)
    send_alerts(settings, NOW)
    look(settings, "2026-10-08 18:00", 8)
    box.refuses = True
    (failed,) = send_alerts(settings, NOW)
    assert "451" in (failed.error or "")
    (standing,) = standings(settings)
    assert "Try again later" in (standing.last_error or "")
    box.refuses = False
    (done,) = send_alerts(settings, NOW)
    assert (done.error, len(box.mail)) == (None, 1)
    assert standings(settings)[0].last_error is None


def test_stale_news_is_told_to_nobody(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """An import of last year's charts is no news."""
    box, port = mailbox
    settings = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"]})
    look(settings, "2026-10-08 12:00", 12)
    send_alerts(settings, NOW)
    look(settings, "2025-10-08 12:00", 12)
    look(settings, "2025-10-08 18:00", 8)
    assert send_alerts(settings, NOW) == []
    assert box.mail == []
    assert [item.text[:25] for item in told_in(settings, settings.alerts[0], NOW - timedelta(days=400))] == [
        "Le Chat enters the first "
    ]


def test_a_webhook_gets_text_for_a_chat_and_fields_for_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One POST: `text` as Slack shows it, each piece of news with its link; an answer of 500 is not delivered."""
    settings = settings_with(tmp_path, 9, {**ALERT, "webhook_variable": "ALERT_HOOK"})
    look(settings, "2026-10-08 12:00", 12)
    send_alerts(settings, NOW)
    look(settings, "2026-10-08 18:00", 8)
    with hook(500) as (url, _):
        monkeypatch.setenv("ALERT_HOOK", url)
        assert [delivery.error for delivery in send_alerts(settings, NOW)] == [
            "The webhook of ALERT_HOOK answered 500."
        ]
    with hook() as (url, posts):
        monkeypatch.setenv("ALERT_HOOK", url)
        assert [delivery.error for delivery in send_alerts(settings, NOW)] == [None]
    (post,) = posts
    assert post["text"].startswith("essor: Le Chat enters the first 10: now 8th (before: 12th, at 12:00 UTC).")
    (item,) = post["news"]
    assert (item["kind"], item["app"], item["country"]) == ("into_top", "le-chat", "fr")
    assert item["link"].startswith("https://essor.example.org/rankings?apps=le-chat")


def test_an_alert_without_its_variable_says_so_and_the_others_go_on(
    tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """One alert lacks its address: it is an error of its own, the next one is told."""
    box, port = mailbox
    first = {**ALERT, "name": "hook", "webhook_variable": "NO_SUCH_VARIABLE"}
    settings = settings_with(tmp_path, port, first, {**ALERT, "mail": ["team@example.org"]})
    look(settings, "2026-10-08 12:00", 12)
    send_alerts(settings, NOW)
    look(settings, "2026-10-08 18:00", 8)
    errors = [delivery.error for delivery in send_alerts(settings, NOW)]
    assert errors == ["The variable NO_SUCH_VARIABLE holds no web address: set it to https://…", None]
    assert len(box.mail) == 1


def test_a_test_message_says_that_it_is_one(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """It goes out at once, and nothing is remembered as told."""
    box, port = mailbox
    settings = settings_with(tmp_path, port, {**ALERT, "mail": ["team@example.org"], "language": "fr"})
    assert [delivery.error for delivery in send_test(settings, settings.alerts[0])] == [None]
    assert box.mail[0]["Subject"].startswith("Ceci est un essai")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "goes nowhere"),
        ({"mail": ["a@example.org"], "apps": ["no-such-app"]}, "no app 'no-such-app' is followed"),
        ({"mail": ["a@example.org"], "kinds": ["launched"]}, "kinds"),
        ({"mail": ["a@example.org"], "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_alert_is_refused_with_the_reason(wrong: dict[str, Any], says: str) -> None:
    """Before anything is asked of a store."""
    with pytest.raises(SettingsError, match=says):
        read_settings(alerts=[{"name": "le-chat", **wrong}])


def test_two_alerts_of_one_name_and_an_unknown_language(tmp_path: Path) -> None:
    """Each has its own name; a language is one that essor speaks."""
    one = {"name": "le-chat", "mail": ["a@example.org"]}
    with pytest.raises(SettingsError, match="two alerts are called 'le-chat'"):
        read_settings(alerts=[one, one])
    settings = settings_with(tmp_path, 9, {**one, "language": "xx"})
    with pytest.raises(SettingsError, match="no language 'xx'"):
        send_alerts(settings, NOW)
