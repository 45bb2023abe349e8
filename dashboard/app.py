"""The dashboard as one ASGI application: pages, and the same answers for programs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import dash
from fastapi import FastAPI

from dashboard.api import embeds, evidence, figures, health, metrics, news
from dashboard.bundles import BUNDLES, KeptBundles
from dashboard.desk import make_desk
from dashboard.first_sight import first_sight, visitor
from dashboard.framing import FramedByNone, SaysSimulated
from dashboard.shell import register_shell, shell
from dashboard.threads import ThreadedServer
from essor.settings import Settings, read_settings

HERE = Path(__file__).parent
PLOTLY = f"{BUNDLES}plotly/package_data/plotly.min.js"
FEED = '<link rel="alternate" type="application/atom+xml" title="essor" href="/feed.atom">'
VIEWPORT = [{"name": "viewport", "content": "width=device-width, initial-scale=1"}]


class Dashboard(dash.Dash):
    """Dash with a head of the page that knows which scripts the page will need."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The page's HTML; where it has a figure, Plotly is fetched at once and not after the first answer."""
        path = self.backend.request_adapter().path if self.backend.has_request_context() else ""
        drawn = {page["path"] for page in dash.page_registry.values() if page.get("figure")}
        preload = f'<link rel="preload" as="script" href="{PLOTLY}">' if path in drawn else ""
        parts["metas"] += preload + FEED
        if path in drawn:
            parts["app_entry"] = self._first_sight(path) + parts["app_entry"]
        html: str = super().interpolate_index(**parts)  # type: ignore[no-untyped-call]
        return html

    def _first_sight(self, path: str) -> str:
        request = self.backend.request_adapter()
        asks = visitor(dict(request.args), request.cookies, request.headers)
        return first_sight(self.server.state.desk, path, asks)


def make_app(settings: Settings) -> dash.Dash:
    """The app over the data folder of these settings. Serve its `.server`; nothing is fetched from elsewhere."""
    app = Dashboard(
        "dashboard",
        backend=ThreadedServer,
        enable_mcp=False,
        use_pages=True,
        pages_folder=str(HERE / "pages"),
        assets_folder=str(HERE / "assets"),
        title="essor",
        update_title="",
        compress=True,
        use_async=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        include_pages_meta=False,
        meta_tags=VIEWPORT,
        add_log_handler=False,
        hooks={"callback_resolved": "window.essor && essor.answered"},
        on_error=_report,
    )
    app.server.state.desk = make_desk(settings)
    for part in (embeds, evidence, figures, health, metrics, news):
        app.server.include_router(part.router)
    # Dash puts its scripts into a second <footer>, which those who hear the page are told of as a landmark
    app.index_string = app.index_string.replace("<footer>", "<div>").replace("</footer>", "</div>")
    app.layout = shell
    register_shell(app)
    app.server.add_middleware(KeptBundles)
    app.server.add_middleware(FramedByNone)
    app.server.add_middleware(SaysSimulated, simulated=lambda: app.server.state.desk.simulated)
    _finish(app)
    return app


def _finish(app: dash.Dash) -> None:
    """Do now what Dash leaves to the first request.

    With FastAPI it does so only for `/` and its own addresses: a first request for /rankings would get a page without
    scripts (Dash 4.4.1, `DashMiddleware.__call__`; seen 2026-11-20).
    """
    backend: Any = app.backend
    for prepare in backend._before_request_funcs:  # noqa: SLF001 - there is no public way
        prepare()


def _report(error: Exception) -> None:
    """Leave the trace of a callback that failed with the operator; Dash alone would say nothing."""
    logging.getLogger("essor.dashboard").error("A callback failed.", exc_info=error)
    raise error


def asgi() -> Any:  # noqa: ANN401 - FastAPI, whose stubs Dash does not name
    """The application for `uvicorn dashboard.app:asgi --factory`, its settings from the environment."""
    server: FastAPI = make_app(read_settings()).server
    return server
