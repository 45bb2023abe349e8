"""Latency: how fast the makers' open models can answer, and how fast they were measured to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components import measured_latency as measured
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import ledger
from dashboard.components.words import notice
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.floors import HEIGHT, floors_figure
from dashboard.findings import floors_finding
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, register_page
from warehouse.connection import Cursor
from warehouse.reads import inputs, latency
from warehouse.reads.floors import floors

PAGE = "latency"
PATH = "/latency"
MEASURES = {"decode": 512, "prefill_512": 512, "prefill_2048": 2048, "prefill_8192": 8192}
"""What can be shown, and the tokens of its prompt."""
FIRST = ("decode", "h200")

register_page(__name__, PAGE, PATH, order=51, group="models", figure=True)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, selection, reader)
        choices = _choices(cursor, drawn.selection, reader.say)
        table = html.Div(_table(cursor, drawn, reader.say), id=f"{PAGE}-list")
    heading = html.H2(reader.say("table.name"), id=f"{PAGE}-table")
    figure = figure_frame(PAGE, drawn, reader, path=PATH)
    return frame(PAGE, drawn.selection, reader, [choices, figure, heading, table])


@callback(
    output={
        "drawn": frame_outputs(PAGE),
        "table": Output(f"{PAGE}-list", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "measure": Input(f"{PAGE}-measure", "value"),
        "device": Input(f"{PAGE}-device", "value"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(measure: str, device: str, address: str) -> dict[str, Any]:
    """Another measure or device picked."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, replace(selection, measure=f"{measure}.{device}"), reader)
        table = _table(cursor, drawn, reader.say)
    return {
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "table": table,
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn:
    """The figure for an address."""
    say, known = reader.say, desk().ask(cursor, floors)
    measure, device = _read(selection, known)
    rows = known.filter(pl.col("device") == device, pl.col("context") == MEASURES[measure])
    fitting = rows.filter(pl.col("weights_gb") < pl.col("memory_gb"))
    name = str(rows["device_name"][0])
    found = _measured(desk().ask(cursor, latency.engine), rows, device, measure)
    return Drawn(
        finding=floors_finding(fitting, found, measure, name, say),
        subtitle=say(f"latency.unit.{measure.partition('_')[0]}", device=name, context=say.number(MEASURES[measure])),
        figure=floors_figure(fitting, found, measure.partition("_")[0], say, reader.theme),
        height=HEIGHT,
        rows=rows,
        selection=replace(selection, measure=f"{measure}.{device}"),
        snapshot=cursor.snapshot,
        sources=("essor_floors",),
        method="latency",
    )


def _stands_on(cursor: Cursor, _: Drawn) -> pl.DataFrame:
    return desk().ask(cursor, inputs.of_latency)


register_figure(PAGE, PATH, draw, _stands_on)


def _read(selection: Selection, known: pl.DataFrame) -> tuple[str, str]:
    """The measure and the device of an address, the first ones where it names none that are known."""
    measure, _, device = (selection.measure or "").partition(".")
    return (measure if measure in MEASURES else FIRST[0]), (device if device in set(known["device"]) else FIRST[1])


def _measured(engine: pl.DataFrame, floors: pl.DataFrame, device: str, measure: str) -> pl.DataFrame:
    """What the local engine was measured to take on this device for one sequence: name, model, ms, reading_id."""
    column = "decode_ms_per_token" if measure == "decode" else "prefill_ms"
    mine = engine.filter(
        pl.col("outcome") == "complete",
        pl.col("dtype") == "bfloat16",  # as the floors are
        pl.col("batch") == 1,
        pl.col("context") == MEASURES[measure],
        pl.col("gpu").map_elements(lambda gpu: same_device(gpu, device), return_dtype=pl.Boolean),
    )
    named = mine.join(floors.select("model", "name"), "model")
    return named.select("name", "model", pl.col(column).alias("ms"), "reading_id").drop_nulls("ms")


def same_device(gpu: str, device: str) -> bool:
    """Whether a driver's name, ``"NVIDIA H100 80GB HBM3"``, is that of a datasheet, ``"h100"`` or ``"h100-pcie"``."""
    words = gpu.upper().replace("-", " ").split()
    wanted = device.upper().split("-")
    return all(word in words for word in wanted) and ("PCIE" in words) == ("PCIE" in wanted)


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    known = desk().ask(cursor, floors)
    measure, device = _read(selection, known)
    devices = dict(known.select("device", "device_name").unique(maintain_order=True).iter_rows())
    measures = {
        name: say(f"latency.{name.partition('_')[0]}", context=say.number(tokens)) for name, tokens in MEASURES.items()
    }
    items = [filters.pick(PAGE, "measure", measures, measure, say), filters.pick(PAGE, "device", devices, device, say)]
    return filters.row(PAGE, items)


def _table(cursor: Cursor, drawn: Drawn, say: Language) -> list[Component]:
    """The floors; then what was measured, the local engine and the services apart."""
    engine, services = desk().ask(cursor, latency.engine), desk().ask(cursor, latency.latest)
    on_gpu = engine.filter(pl.col("gpu").is_not_null(), pl.col("outcome") == "complete")
    compared, quirks = desk().ask(cursor, latency.comparisons), desk().ask(cursor, latency.quirks)
    return [
        *([] if on_gpu.height else [notice(say("latency.no_run"))]),
        *_floors(drawn, say),
        *([html.H2(say("latency.engine")), measured.engine_table(engine, say)] if engine.height else []),
        html.H2(say("latency.services")),
        measured.services_table(services, say)
        if services.height
        else html.P(say("latency.no_service"), className="state"),
        *([html.H2(say("latency.compared")), measured.comparisons_table(compared, say)] if compared.height else []),
        *([html.H2(say("latency.quirks")), measured.quirks_table(quirks, say)] if quirks.height else []),
    ]


def _ms(value: float | None, say: Language) -> str:
    return f"{say.number(round(value, 2))} ms" if value is not None else "–"


def _floors(drawn: Drawn, say: Language) -> list[Component]:
    names = ("name", "vendor", "parameters", "weights", "decode", "datasheet", "prefill", "basis")
    heads = {name: say(f"latency.head.{name}") for name in names}
    rows = [_row(row, say) for row in drawn.rows.sort("decode_ms").iter_rows(named=True)]
    return [ledger(heads, rows, name="floors", caption=say("table.name"), numbers=names[2:7])]


def _row(row: dict[str, Any], say: Language) -> list[Any]:
    fits = row["weights_gb"] < row["memory_gb"]
    times = [
        f"{say.number(round(row[name], 2))} ms" if fits else "–"
        for name in ("decode_ms", "decode_ms_datasheet", "prefill_ms")
    ]
    basis = say("latency.predicted") if fits else say("latency.too_big")
    return [
        row["name"],
        row["vendor"],
        say.number(row["parameters"]),
        say("latency.gb", n=say.number(round(row["weights_gb"], 1))),
        *times,
        basis,
    ]
