"""Dash's server with every callback on a thread: one slow answer keeps nobody else waiting."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

import dash
from dash.backends._fastapi import FastAPIDashServer
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool


class ThreadedServer(FastAPIDashServer):
    """FastAPI under Dash; Dash 4.4.1 itself runs a plain callback on the event loop (`serve_callback`)."""

    @staticmethod
    def create_app(name: str = "__main__", config: dict[str, Any] | None = None) -> FastAPI:
        """The server. FastAPI's own pages of documentation are left out, because they load from a CDN."""
        return FastAPI(title="essor", docs_url=None, redoc_url=None)

    def serve_callback(self, dash_app: dash.Dash) -> Any:  # noqa: ANN401 - a handler of Dash's
        """The handler of callbacks: what Dash does, with the callback itself on a thread."""
        app: Any = dash_app

        async def dispatch(request: Request) -> Any:  # noqa: ANN401 - Dash's own
            adapter: Any = self.request_adapter()
            body = adapter.get_json()
            context = app._initialize_context(body)  # noqa: SLF001 - there is no public way
            function = app._prepare_callback(context, body)  # noqa: SLF001 - there is no public way
            arguments = app._inputs_to_vals(context.inputs_list + context.states_list)  # noqa: SLF001 - there is no public way
            call = app._execute_callback(function, arguments, context.outputs_list, context)  # noqa: SLF001 - there is no public way
            answer = await run_in_threadpool(copy_context().run, call)
            return context.dash_response.set_response(data=answer)

        return dispatch
