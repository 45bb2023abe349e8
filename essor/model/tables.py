"""The tables of the warehouse, declared once: columns, partition, order, key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "short", "int", "real", "flag", "time", "day"]
"""text · short (16 bit, signed) · int (64 bit, signed) · real (64 bit) · flag · time (µs, UTC) · day."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    """As it stands in queries."""
    kind: Kind
    """What it holds."""
    meaning: str
    """One line: meaning, unit, and what null says."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake."""

    name: str
    """Its folder below `data/lake`."""
    meaning: str
    """One line: what a row is."""
    columns: tuple[Column, ...]
    """Its columns, partition columns last."""
    partition: tuple[str, ...] = ()
    """The columns that split it into folders."""
    order: tuple[str, ...] = ()
    """What its rows are sorted by within a file."""
    key: tuple[str, ...] = ()
    """What tells its rows apart."""


_RECORDED = Column("recorded_at", "time", "When essor came to know it: the time of the load")
_STORE = Column("store", "text", "apple or google_play")
_COUNTRY = Column("country", "text", "Storefront, two lower-case letters")
_MONTH = Column("month", "text", "Month of observed_at in UTC, as in 2026-09")
_READING = Column("reading_id", "text", "The look: a hash of source, subject and moment")
_CHART = (
    _COUNTRY,
    Column("device", "text", "iphone, ipad or android"),
    Column("collection", "text", "top-free, top-paid or top-grossing"),
    Column("category", "text", "The store's own id of the category; 36 (Apple) and APPLICATION (Google) are overall"),
)
_BY_CHART = ("country", "collection", "category", "device", "observed_at")
_OBSERVED = Column("observed_at", "time", "When the answer was received; an import says what its source says")
_LOOK = (
    Column("source", "text", "Which of the store's services answered, as in apple_legacy_rss"),
    Column(
        "status",
        "text",
        "How the look ended, as `Status` lists it: complete, partial, refused, blocked, failed …",
    ),
    Column("message", "text", "One sentence on why; null when plainly complete"),
    _OBSERVED,
    _RECORDED,
)
_EVIDENCE = (
    Column("source_url", "text", "The public address that was asked"),
    Column("http_status", "short", "HTTP status; null when no answer came"),
    Column(
        "capture_file", "text", "The WARC file (or the imported table) below the data folder; null when no bytes came"
    ),
    Column("capture_offset", "int", "Where the record begins in that file, bytes"),
    Column("sha256", "text", "SHA-256 of the body as it was sent, hex"),
    Column("parser_version", "short", "Version of the parser that read it"),
    Column("run_id", "text", "The run that brought it"),
    Column("imported", "flag", "True when the fact comes from somebody's table and not from bytes we hold"),
)

CHART_READINGS = Table(
    "chart_readings",
    "One look at a chart",
    (_READING, *_CHART, *_LOOK,
     Column("asked", "short", "Rows asked for"),
     Column("depth", "short", "Rows the answer held"),
     Column("entries", "short", "Rows kept; fewer than depth when some were set aside or an import is of few apps"),
     *_EVIDENCE, _STORE, _MONTH),
    partition=("store", "month"), order=_BY_CHART, key=("reading_id", "recorded_at"),
)  # fmt: skip

CHART_ENTRIES = Table(
    "chart_entries",
    "One row of a usable chart reading",
    (*_CHART, _OBSERVED,
     Column("rank", "short", "Position in the store's answer, 1 first"),
     Column("name_id", "int", "The app and the name it bore: a row of names"),
     _READING, _RECORDED, _STORE, _MONTH),
    partition=("store", "month"), order=(*_BY_CHART, "rank"), key=("reading_id", "recorded_at", "rank"),
)  # fmt: skip

NAMES = Table(
    "names",
    "An app id with a name and a developer it was seen under",
    (Column("name_id", "int", "63-bit hash of store, app id, name and developer"),
     _STORE,
     Column("app_id", "text", "The store's id of the app"),
     Column("name", "text", "The app's name as the store gave it; null when it gave ids alone"),
     Column("developer", "text", "The developer's name as the store gave it"),
     _RECORDED),
    order=("store", "app_id"), key=("name_id",),
)  # fmt: skip

LISTING_READINGS = Table(
    "listing_readings",
    "One look at an app's listing in one storefront",
    (_READING, _COUNTRY,
     Column("app_id", "text", "The store's id of the app"),
     *_LOOK,
     Column("name", "text", "The app's name there and then"),
     Column("developer", "text", "The publisher as the store names it"),
     Column("version", "text", "The version on offer"),
     Column("rating_count", "int", "Ratings ever given in this storefront; it can fall"),
     Column("rating_average", "real", "Mean of those ratings, 1 to 5; null while there are none"),
     Column("price", "real", "Price in currency, 0 when free"),
     Column("currency", "text", "ISO 4217 code"),
     Column("installs_exact", "int", "Installs ever, worldwide (Google Play); null at Apple, which gives none"),
     Column("released_at", "text", "Day of first release in this storefront, ISO 8601"),
     Column("version_released_at", "text", "When this version came out, ISO 8601"),
     Column("release_notes", "text", "What the publisher says is new"),
     Column("main_category", "text", "The store's own id of the app's main category"),
     Column("bundle_id", "text", "The app's technical name"),
     *_EVIDENCE, _STORE, _MONTH),
    partition=("store", "month"), order=("country", "app_id", "observed_at"), key=("reading_id", "recorded_at"),
)  # fmt: skip

REJECTS = Table(
    "rejects",
    "A fact set aside, with the reason",
    (_READING,
     Column("kind", "text", "charts or listings"),
     Column("position", "short", "Position in the store's answer; null when the whole reading was set aside"),
     Column("reason", "text", "A short code, as in duplicate_id"),
     Column("text", "text", "What the answer said there, shortened"),
     Column("run_id", "text", "The run that brought it"),
     _RECORDED),
    order=("reading_id", "position"), key=("reading_id", "recorded_at", "position", "reason"),
)  # fmt: skip

SUPERSEDED = Table(
    "superseded",
    "A reading that a better one of the same look has replaced",
    (_READING,
     Column("recorded_at", "time", "The recorded_at of the replaced rows"),
     Column("superseded_at", "time", "From which snapshot on they no longer count")),
    order=("reading_id",), key=("reading_id", "recorded_at"),
)  # fmt: skip

RUNS = Table(
    "runs",
    "One crawl, replay or import",
    (Column("run_id", "text", "Its name, which is also its WARC file's"),
     Column("kind", "text", "crawl charts, crawl listings, replay or import"),
     Column("started_at", "time", "When it began"),
     Column("finished_at", "time", "When it ended; null for a run that was killed and recovered"),
     Column("result", "text", "complete, stopped, failed (some targets not concluded) or recovered (killed)"),
     Column("asked", "int", "Readings it set out to bring"),
     Column("readings", "int", "Readings it landed"),
     Column("usable", "int", "Those of them that are complete or partial"),
     Column("note", "text", "What there is to say: robots overrides with their reason, bytes cut, the error"),
     _RECORDED),
    order=("started_at",), key=("run_id",),
)  # fmt: skip

LOOK_DAYS = Table(
    "look_days",
    "The looks at one chart on one UTC day, counted once the day is over; the newest row of a chart and day counts",
    (*_CHART,
     Column("day", "day", "The UTC day"),
     Column("looks", "short", "Looks, whatever came"),
     Column("complete", "short", "Complete looks: an app missing from them was absent"),
     Column("partial", "short", "Partial looks: an app missing from them was not observed"),
     Column("refused", "short", "Looks that robots.txt did not allow"),
     Column("failed", "short", "Looks without a usable answer: blocked, failed or a changed layout"),
     Column("depth", "short", "Rows of the deepest complete look; null without one"),
     Column("followed_only", "flag", "True when every usable look is an import that holds followed apps alone"),
     _RECORDED, _STORE, _MONTH),
    partition=("store", "month"), order=("country", "collection", "category", "device", "day"),
    key=("country", "device", "collection", "category", "day", "store", "recorded_at"),
)  # fmt: skip

CHART_DAYS = Table(
    "chart_days",
    "An app in one chart on one UTC day, rolled up from its entries; it counts while look_days has the same recorded_at",
    (*_CHART,
     Column("day", "day", "The UTC day"),
     Column("app_id", "text", "The store's id of the app"),
     Column("name_id", "int", "The name it bore last that day: a row of names"),
     Column("best_rank", "short", "Best rank seen that day"),
     Column("worst_rank", "short", "Worst rank seen that day"),
     Column("mean_rank", "real", "Mean of the ranks seen that day, each look counting once"),
     Column("last_rank", "short", "Last rank seen that day"),
     Column("readings", "short", "Looks that saw it"),
     Column("in_top_10", "short", "Those of them that saw it in the first ten"),
     _RECORDED, _STORE, _MONTH),
    partition=("store", "month"), order=("app_id", "country", "collection", "category", "device", "day"),
    key=("country", "device", "collection", "category", "day", "app_id", "store", "recorded_at"),
)  # fmt: skip

CLAIMS = Table(
    "claims",
    "One published figure as essor has it on file; the newest row of a claim counts",
    (Column("claim", "text", "Its name: the file in essor/claims without .toml"),
     Column("app", "text", "The app's short name; it need not be followed"),
     Column("quantity", "text", "downloads, users, rank or launch"),
     Column("value", "real", "The figure, in unit; null for a launch"),
     Column("unit", "text", "downloads, users or places"),
     Column("bound", "text", "equal, at_least or about: how the source puts it"),
     Column("cumulative", "flag", "True when it counts everything since the launch"),
     Column("first_reached", "flag", "True when the source says that until is the day on which value was first reached"),
     Column("stores", "text", "Stores it is about, with commas"),
     Column("countries", "text", "Storefronts it is about, with commas; null for the whole world"),
     Column("since", "day", "First day it is about; null when it does not say"),
     Column("until", "day", "Last day it is about"),
     Column("precision", "text", "day or month: how exactly the source gives those days"),
     Column("after_days", "short", "Days after the launch, when the source counts so; null when not"),
     Column("kind", "text", "company, vendor_estimate, press or official"),
     Column("said_by", "text", "Who says so"),
     Column("origin", "text", "Whose number it really is: two claims of one origin are one piece of evidence"),
     Column("definition", "text", "What is counted: first_installs, lifetime_installs or undefined"),
     Column("state", "text", "confirmed (read in the named source) or to_confirm"),
     Column("restates", "text", "The earlier claim of the same origin that it replaces; null for none"),
     Column("statement_fr", "text", "The claim as a sentence in French"),
     Column("statement_en", "text", "The same in English"),
     Column("contradicts", "text", "Claims that a person set against it, with commas; null for none"),
     Column("sources", "text", "Where it was read: a JSON list of title, publisher, date and url"),
     Column("withdrawn", "flag", "True from the load on in which its file was gone"),
     _RECORDED),
    order=("app", "claim"), key=("claim", "recorded_at"),
)  # fmt: skip

VERDICTS = Table(
    "verdicts",
    "What the evidence says of a claim; the newest row of a claim counts",
    (Column("claim", "text", "The claim"),
     Column("verdict", "text", "supported, contradicted, plausible or undetermined"),
     Column("reason_fr", "text", "Why, one sentence in French"),
     Column("reason_en", "text", "The same in English"),
     Column("against", "text", "The claims that it was found to contradict, with commas; null for none"),
     Column("evidence", "text", "What it was set beside: a JSON list of kind, of and figures"),
     _RECORDED),
    order=("claim",), key=("claim", "recorded_at"),
)  # fmt: skip

EVENTS = Table(
    "events",
    "One dated event that may move a chart; the newest row of an event counts",
    (Column("event", "text", "Its name: the file in essor/events without .toml"),
     Column("app", "text", "The app's short name; null when it concerns all"),
     Column("on", "day", "The day; with precision month the first of it"),
     Column("precision", "text", "day or month: how exactly the source gives it"),
     Column("kind", "text", "launch, release, rename, broadcast, removal or record"),
     Column("title_fr", "text", "What happened, in French"),
     Column("title_en", "text", "The same in English"),
     Column("state", "text", "confirmed (read in the named source) or to_confirm"),
     Column("sources", "text", "Where it was read: a JSON list of title, publisher, date and url"),
     Column("withdrawn", "flag", "True from the load on in which its file was gone"),
     _RECORDED),
    order=("on",), key=("event", "recorded_at"),
)  # fmt: skip

METHODS = Table(
    "methods",
    "One version of a way to estimate, with its coefficients; none is ever overwritten",
    (Column("method", "text", "play_installs, rating_velocity or rank_curve"),
     Column("version", "short", "Its version, 1 for the published constants"),
     Column("parameters", "text", "Every coefficient: a JSON object"),
     Column("points", "int", "Ground-truth points it was fitted on; 0 for the published constants"),
     Column("basis", "text", "What it was fitted on, in words"),
     _RECORDED),
    order=("method", "version"), key=("method", "version"),
)  # fmt: skip

ESTIMATES = Table(
    "estimates",
    "Downloads of an app in a storefront on a day by one method; the newest row of these counts, earlier ones stay",
    (Column("app", "text", "The app's short name"),
     Column("app_id", "text", "The store's id of the app"),
     Column("country", "text", "Storefront; ww for the whole world (Google Play counts no other way)"),
     Column("day", "day", "The UTC day"),
     Column("kind", "text", "measured, estimated or upper_bound"),
     Column("method", "text", "play_installs, rating_velocity or rank_curve"),
     Column("method_version", "short", "Which version of it"),
     Column("low", "real", "Lower end of the 80 % band, downloads; 0 for an upper bound"),
     Column("central", "real", "The figure, downloads; null for an upper bound"),
     Column("high", "real", "Upper end of the 80 % band, downloads; for an upper bound 9 times in 10 it was less"),
     Column("interpolated", "flag", "True when the day's share of a longer interval, spread evenly"),
     Column("error_level", "real", "Error in ln shared by all rows of the method and store, standard deviation"),
     Column("error_slope", "real", "Error in ln from the curve's slope, signed; shared in the same way"),
     Column("error_place", "real", "Error in ln shared by all rows of the storefront"),
     Column("error_app", "real", "Error in ln shared by all rows of the app"),
     Column("error_day", "real", "Error in ln of this row alone"),
     Column("inputs", "text", "What it was made from: a JSON object"),
     Column("withdrawn", "flag", "True from the load on in which the evidence gave no figure any more"),
     _RECORDED, _STORE, _MONTH),
    partition=("store", "month"), order=("app", "country", "method", "day"),
    key=("app", "app_id", "store", "country", "day", "method", "method_version", "recorded_at"),
)  # fmt: skip

DESK = (CLAIMS, VERDICTS, EVENTS, METHODS, ESTIMATES)
"""Tables whose rows are landed ready made, by a job and not by a store."""

LOADS = Table(
    "loads",
    "One step of the warehouse that became visible whole",
    (Column("load", "int", "Its number, rising by one"),
     Column("recorded_at", "time", "The snapshot it made"),
     Column("finished_at", "time", "When it became visible"),
     Column("runs", "int", "Runs it took in"),
     Column("readings", "int", "Chart and listing readings it added"),
     Column("entries", "int", "Chart entries it added"),
     Column("rejects", "int", "Facts it set aside"),
     Column("known", "int", "Readings it left out because the same was there")),
    order=("load",), key=("load",),
)  # fmt: skip

TABLES = (
    CHART_READINGS, CHART_ENTRIES, NAMES, LISTING_READINGS, REJECTS, SUPERSEDED, RUNS, LOOK_DAYS, CHART_DAYS, *DESK, LOADS,
)  # fmt: skip
"""Every table; `LOADS` last, because a load becomes visible with it."""
