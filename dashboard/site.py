"""All embeds and their data as plain files that need no server, at the addresses that the server gave them."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dashboard import embeds
from dashboard.api.frames import as_csv, as_json
from dashboard.app import make_app
from dashboard.desk import Desk, reader
from dashboard.drawn import FIGURES, Drawn
from dashboard.figures.svg import NotDrawable
from dashboard.language import LOCALES, Language
from dashboard.maps import MEASURES
from dashboard.selection import THEMES, Selection, read_address, read_selection
from essor.model.errors import SettingsError
from essor.settings import Settings
from warehouse.reads import claims


@dataclass(frozen=True, slots=True)
class Embed:
    """One figure with its choices."""

    figure: str
    """The figure's name."""
    query: str
    """The query of its address."""

    @property
    def folder(self) -> str:
        """Where it lies in the site."""
        choices = embeds.choices_path(self.query)
        return f"embed/{self.figure}/{choices}" if choices else f"embed/{self.figure}/first"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    folder: str
    """The folder of the site."""
    embeds: int
    """Figures, each with its page, image and data."""
    without_image: int
    """Those of them that only a browser draws."""
    left_out: tuple[str, ...]
    """Addresses that were asked for and that show nothing; each would have been an empty figure."""

    def __str__(self) -> str:
        said = f"{self.folder}: {self.embeds} embeds written, {self.without_image} of them without a still image"
        return said + (f"; nothing to show for {', '.join(self.left_out)}." if self.left_out else ".")


def write_site(settings: Settings, folder: Path, asked: Sequence[str] = (), as_of: datetime | None = None) -> Written:
    """Write every figure in each language and theme, every chart, map and claim, every embed ever asked for, and those
    `asked` for.

    An address is ``"rankings?apps=le-chat&country=fr"``, with or without what stands before ``/embed/``. With `as_of`
    all of them are as of that snapshot, but for those whose address names another. Raises SettingsError for an address
    of no figure, before anything is written.
    """
    at: Desk = make_app(settings).server.state.desk
    named = [*(_read(f"{name}?{query}") for name, query in at.embeds.all()), *map(_known, asked)]
    done: dict[Embed, str] = {}
    left_out, without_image = [], 0
    for embed in dict.fromkeys([*_first(), *_charts(at, as_of), *_claims(at, as_of), *_maps(), *named]):
        drawn = _drawn(at, embed, as_of)
        if drawn is None:
            left_out.append(f"{embed.figure}{embed.query}" if embed in named else embed.figure)
            continue
        without_image += not _write(at, embed, drawn, folder)
        done[embed] = drawn.finding
    _write_around(folder, done, simulated=at.simulated)
    return Written(str(folder), len(done), without_image, tuple(dict.fromkeys(left_out)))


def _first() -> Iterable[Embed]:
    """Every figure as it is first shown, in each language and theme, and for an address without any choice."""
    for name in FIGURES:
        yield Embed(name, "")
        for code in LOCALES:
            for theme in THEMES:
                yield Embed(name, Selection(lang=code, theme=theme).query())


def _charts(at: Desk, as_of: datetime | None) -> Iterable[Embed]:
    """The rankings of every chart that was ever seen, in each language."""
    with at.warehouse.cursor(as_of) as cursor:
        known = list(at.charts(cursor))
    for chart in known:
        for code in LOCALES:
            yield Embed("rankings", Selection(lang=code, theme="light").of_chart(chart).query())


def _claims(at: Desk, as_of: datetime | None) -> Iterable[Embed]:
    """Every published figure on file, in each language."""
    with at.warehouse.cursor(as_of) as cursor:
        names = at.ask(cursor, claims.claims)["claim"].to_list()
    return (_plain("claim", code, measure=name) for name in names for code in LOCALES)


def _maps() -> Iterable[Embed]:
    """Each thing that the map shows, in each language."""
    return (_plain("world", code, measure=measure) for measure in MEASURES for code in LOCALES)


def _plain(figure: str, code: str, measure: str) -> Embed:
    return Embed(figure, Selection(lang=code, theme="light", measure=measure).query())


def _known(address: str) -> Embed:
    embed = _read(address)
    if embed.figure not in FIGURES:
        raise SettingsError(
            f"{address} names no figure. Write an address as /embed/rankings?apps=le-chat&country=fr;"
            f" the figures are {', '.join(sorted(FIGURES))}."
        )
    return embed


def _read(address: str) -> Embed:
    name, _, query = address.rpartition("/embed/")[2].partition("?")
    if "/" in name:
        name, _, choices = name.partition("/")
        return _embed(name, read_selection(embeds.read_choices(choices)))
    return _embed(name, read_selection(read_address(query)))


def _embed(name: str, selection: Selection) -> Embed:
    return Embed(name, "" if selection == Selection() else selection.query())


def _drawn(at: Desk, embed: Embed, as_of: datetime | None) -> Drawn | None:
    if embed.figure not in FIGURES:
        return None
    asked = read_selection(read_address(embed.query))
    selection = replace(asked, snapshot=asked.snapshot or as_of)
    with at.cursor(selection) as cursor:
        return FIGURES[embed.figure].draw(cursor, selection, reader(selection, {}, {}))


def _write(at: Desk, embed: Embed, drawn: Drawn, site: Path) -> bool:
    """Write one embed; whether it has a still image."""
    folder, who = site / embed.folder, reader(read_selection(read_address(embed.query)), {}, {})
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / "figure.svg").write_text(embeds.still_image(drawn, who), "utf-8")
        image = True
    except NotDrawable:
        image = False
    up = "../" * len(Path(embed.folder).parts)
    places = embeds.Places(f"{up}embed-assets/", None, "figure.csv", "figure.svg" if image else None)
    about = {"figure": embed.figure, "finding": drawn.finding, "sources": list(drawn.sources), "address": embed.query,
             "snapshot": drawn.snapshot.isoformat() if drawn.snapshot else None}  # fmt: skip
    (folder / "index.html").write_text(embeds.embed_page(drawn, who, places), "utf-8")
    (folder / "figure.csv").write_bytes(as_csv(drawn.rows))
    (folder / "figure.json").write_text(as_json(drawn.rows, about), "utf-8")
    return image


def _write_around(site: Path, done: Mapping[Embed, str], *, simulated: bool) -> None:
    """The scripts, the list of what there is, and for each figure the page that reads an address' query."""
    assets = site / "embed-assets"
    assets.mkdir(parents=True, exist_ok=True)
    for name in embeds.ASSETS:
        (assets / name).write_bytes(embeds.asset(name)[0])
    (assets / "LICENSE-plotly.txt").write_bytes((embeds.HERE / "vendor" / "LICENSE-plotly.txt").read_bytes())
    for figure in dict.fromkeys(embed.figure for embed in done):
        mine = {embed: finding for embed, finding in done.items() if embed.figure == figure}
        (site / "embed" / figure / "index.html").write_text(_router(figure, mine), "utf-8")
    (site / "index.html").write_text(_contents(done, simulated=simulated), "utf-8")


def _router(figure: str, there: Mapping[Embed, str]) -> str:
    """The page at `/embed/FIGURE`: it leads to the folder of the query, or says plainly that it was not exported."""
    missing = {code: Language(code)("site.missing") for code in LOCALES}
    known = {"folders": [embed.folder.removeprefix(f"embed/{figure}/") for embed in there],
             "fields": list(Selection().fields()), "missing": missing}  # fmt: skip
    listed = _listed({embed.folder.removeprefix(f"embed/{figure}/"): said for embed, said in there.items()})
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>essor – {figure}</title>
<link rel="stylesheet" href="../../embed-assets/embed.css">
</head>
<body>
<main hidden id="missing"><h1></h1><ul>{listed}</ul></main>
<script type="application/json" id="known">{embeds.safe_json(json.dumps(known, ensure_ascii=False))}</script>
<script src="../../embed-assets/route.js"></script>
</body>
</html>
"""


def _listed(findings: Mapping[str, str]) -> str:
    """Links to folders, each by its finding; the choices stand beside it."""
    links = (
        f'<li><a href="./{html.escape(folder)}/index.html">{html.escape(finding)}</a>'
        f' <span class="subtitle">{html.escape(folder.replace("/", " · "))}</span></li>'
        for folder, finding in findings.items()
    )
    return "".join(links)


def _contents(done: Mapping[Embed, str], *, simulated: bool) -> str:
    """The first page of the site: every embed in it."""
    items = _listed({embed.folder: finding for embed, finding in done.items()})
    words = "".join(
        f"<h1>{Language(code)('site.title')}</h1><p>{Language(code)('site.snapshot')}</p>" for code in LOCALES
    )
    words += "".join(f"<p>{Language(code)('simulated.banner')}</p>" for code in LOCALES if simulated)
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>essor</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="embed-assets/embed.css"></head>'
        f"<body><main>{words}<ul>{items}</ul></main></body></html>"
    )
