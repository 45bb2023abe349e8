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
     Column("installs_bucket", "int", "The round number of installs that Google Play shows: so many or more"),
     Column("released_at", "text", "Day of first release in this storefront, ISO 8601"),
     Column("version_released_at", "text", "When this version came out, ISO 8601"),
     Column("release_notes", "text", "What the publisher says is new"),
     Column("main_category", "text", "The store's own id of the app's main category"),
     Column("bundle_id", "text", "The app's technical name"),
     Column("stars_1", "int", "Ratings of one star; the five may add up to a little less than rating_count"),
     *(Column(f"stars_{stars}", "int", f"Ratings of {stars} stars") for stars in range(2, 6)),
     *_EVIDENCE, _STORE, _MONTH),
    partition=("store", "month"), order=("country", "app_id", "observed_at"), key=("reading_id", "recorded_at"),
)  # fmt: skip

_LANGUAGE = Column("language", "text", "Language asked for, where the store keeps reviews by language; else null")
REVIEW_READINGS = Table(
    "review_readings",
    "One look at reviews of an app",
    (_READING, _COUNTRY, _LANGUAGE,
     Column("app_id", "text", "The store's id of the app"),
     Column("page", "short", "Which page of the newest reviews, 1 for the newest"),
     *_LOOK,
     Column("reviews", "short", "Reviews kept"),
     *_EVIDENCE, _STORE, _MONTH),
    partition=("store", "month"), order=("country", "language", "app_id", "observed_at"),
    key=("reading_id", "recorded_at"),
)  # fmt: skip

REVIEWS = Table(
    "reviews",
    "A review as one look saw it; nothing on who wrote it is held",
    (_COUNTRY, _LANGUAGE,
     Column("app_id", "text", "The store's id of the app"),
     Column("review", "text", "Its key: a hash of rating, title, text, version and date"),
     Column("rating", "short", "Stars, 1 to 5"),
     Column("title", "text", "Its heading; null at Google Play, which has none"),
     Column("text", "text", "What it says; null when it is stars alone"),
     Column("version", "text", "The version of the app that it is about; null when the store does not say"),
     Column("written_at", "time", "When it was written or last changed; null when the store does not say"),
     _OBSERVED, _READING, _RECORDED, _STORE, _MONTH),
    partition=("store", "month"), order=("country", "language", "app_id", "review", "observed_at"),
    key=("reading_id", "recorded_at", "review"),
)  # fmt: skip

PAUSES = Table(
    "pauses",
    "A time that a host was left alone",
    (Column("host", "text", "The public host"),
     Column("reason", "text", "blocked (turned away time and again), asked (by its own wish) or budget (spent)"),
     Column("message", "text", "One sentence, as it stands in the readings that were not asked for"),
     Column("began_at", "time", "From when on"),
     Column("until", "time", "Until when; then one request is tried first, unless the reason was the budget"),
     Column("run_id", "text", "The run in which it began"),
     _RECORDED),
    order=("began_at", "host"), key=("host", "began_at"),
)  # fmt: skip

SIGNAL_READINGS = Table(
    "signal_readings",
    "One look at a figure of the developer world or the open web; it may bring a whole series",
    (_READING,
     Column("subject", "text", "The source's own key of what it is about; * when a look at all of them failed"),
     Column("metric", "text", "The figure's name, as in downloads_30d"),
     Column("unit", "text", "What it counts, as in downloads; percent for a share of 100, ratio for one of 1"),
     Column("kind", "text", "cumulative, trailing_30_days, daily, monthly, share, rank …: kinds are never mixed"),
     Column("precision", "text", "exact, rounded or bucket: how exactly the source gives it"),
     *_LOOK,
     Column("points", "int", "Figures kept"),
     *_EVIDENCE, _MONTH),
    partition=("month",), order=("source", "subject", "metric", "observed_at"), key=("reading_id", "recorded_at"),
)  # fmt: skip

SIGNAL_POINTS = Table(
    "signal_points",
    "One figure that a usable signal reading gave for a period or a moment; later looks may give another for the same",
    (Column("source", "text", "Which service gave it"),
     Column("subject", "text", "The source's own key of what it is about"),
     Column("metric", "text", "The figure's name"),
     Column("kind", "text", "What the figure is, as in signal_readings"),
     Column("unit", "text", "What it counts"),
     Column("period_start", "time", "Begin of its period; null when it is as of a moment"),
     Column("period_end", "time", "End of its period, not in it, or the moment it is as of"),
     Column("value", "real", "The figure, in unit"),
     Column("said", "text", "The figure as the source wrote it, when it is not exact"),
     _OBSERVED, _READING, _RECORDED, _MONTH),
    partition=("month",), order=("source", "subject", "metric", "period_end"),
    key=("reading_id", "recorded_at", "period_start", "period_end"),
)  # fmt: skip

_OUTCOME = (
    Column(
        "outcome",
        "text",
        "How it ended, as `Outcome` lists it: complete, cut, timed_out, skipped …; only complete holds figures",
    ),
    Column("message", "text", "One sentence on why; null when plainly complete"),
)
_MACHINE = (
    Column("gpu", "text", "The device as its driver names it; null without one"),
    Column("driver", "text", "The device's driver version"),
    Column("software", "text", "What ran, with versions and commas, as in torch 2.13.0"),
    Column(
        "machine", "text", "The machine as found: a JSON object (platform, cores, clocks, memory, power, temperature)"
    ),
)
_COUNTED_BY = Column(
    "count_source", "text", "Who counted the tokens: usage (server), local_tokenizer or chunks (nobody)"
)
_PERCENTILE = "Percentile {}{}; null where the samples are too few for it"
_ENDS = {"": "", "_low": ", lower end of its interval", "_high": ", upper end of its interval"}
_NS = "ns from the run's clock 0 (observed_at of its run)"

PROBE_RUNS = Table(
    "probe_runs",
    "One target measured under one load",
    (Column("reading_id", "text", "The probe: a hash of target, workload, load and start"),
     Column("target", "text", "The target's short name"),
     Column("backend", "text", "How it was reached, as in openai_http"),
     Column("model", "text", "The model's name as the server confirmed it; null when it was never reached"),
     Column("weights", "text", "random, a folder, or null for a service that does not say"),
     Column("engine", "text", "The server or engine as it names itself"),
     Column("workload", "text", "What was asked, as in chat-short"),
     Column("load", "text", "closed (users who wait for their answer) or open (arrivals at random)"),
     Column("users", "int", "Users at once in a closed loop"),
     Column("rate", "real", "Arrivals a second in an open loop"),
     Column("repetitions", "short", "Interleaved parts the requests fell into"),
     *_OUTCOME,
     Column("observed_at", "time", "When its clock began"),
     Column("finished_at", "time", "When it ended; null for one that was interrupted"),
     _RECORDED, _COUNTED_BY,
     Column("quirks", "text", "The server's own ways as detected: a JSON object; null in it is not seen yet"),
     Column("rtt_ms", "real", "Median time of opening a TCP connection, ms; never subtracted; null without a network"),
     Column("rtt_ns", "text", "The same, each: a JSON list, ns"),
     *_MACHINE,
     Column("price_in", "real", "Price of a million tokens sent, in currency; 0 when none is set"),
     Column("price_out", "real", "Price of a million tokens received, in currency"),
     Column("currency", "text", "ISO 4217 code"),
     Column("cost", "real", "What the run cost by these prices"),
     *_EVIDENCE, _MONTH),
    partition=("month",), order=("target", "workload", "observed_at"), key=("reading_id", "recorded_at"),
)  # fmt: skip

PROBE_SAMPLES = Table(
    "probe_samples",
    "One request of a probe and the raw time stamps of its answer, from which every figure is derived",
    (Column("reading_id", "text", "The sample: a hash of its probe, repetition, request and warmup"),
     Column("probe", "text", "Its probe: reading_id in probe_runs"),
     Column("repetition", "int", "Which repetition, 0 for the first"),
     Column("request", "int", "Its place in the repetition; the same place asks every target the same"),
     Column("warmup", "flag", "True when it only warmed the target up and is not counted"),
     *_OUTCOME,
     Column("observed_at", "time", "When the answer ended"),
     _RECORDED,
     Column("retry_after_s", "real", "Seconds that the service asked us to wait"),
     Column("asked_tokens", "int", "Tokens asked for"),
     Column("scheduled_ns", "int", f"When it should have been sent, {_NS}"),
     Column("connect_ns", "int", "How long opening the connection took, ns; null when one was open"),
     Column("sent_ns", "int", "When it was handed to the open connection"),
     Column("headers_ns", "int", "When the answer's headers had come"),
     Column("first_event_ns", "int", "When the first event of any kind had come"),
     Column("ended_ns", "int", "When the answer ended, however it ended"),
     Column("prompt_tokens", "int", "Tokens of the prompt, counted by the server or the engine"),
     Column("completion_tokens", "int", "Tokens of the answer, reasoning included"),
     _COUNTED_BY,
     Column("finish", "text", "Why the answer ended, in the server's word"),
     Column("chunk_at_ns", "text", "When each chunk had come: a JSON list"),
     Column("chunk_text", "text", "The text of each chunk: a JSON list"),
     Column("chunk_reasoning", "text", "Whether each chunk is reasoning: a JSON list"),
     Column("chunk_tokens", "text", "Tokens of each chunk where the source says: a JSON list"),
     Column("server_names", "text", "Names of the durations that the server itself reports: a JSON list"),
     Column("server_ns", "text", "Those durations, ns: a JSON list"),
     *_EVIDENCE, _MONTH),
    partition=("month",), order=("probe", "repetition", "request"), key=("reading_id", "recorded_at"),
)  # fmt: skip

PROBE_FIGURES = Table(
    "probe_figures",
    "A figure of a probe with its percentiles and their 95% bootstrap intervals; the newest row counts",
    (Column("probe", "text", "The probe: reading_id in probe_runs"),
     Column(
         "figure", "text",
         "Of a request: ttft_ms, ttfa_ms, tpot_ms, icl_ms, e2e_ms, tokens_per_s, chars_per_s, and from the scheduled"
         " time ttft_sched_ms, e2e_sched_ms. Of the whole, a mean alone: tokens_per_chunk, length_kept, requests_per_s,"
         " system_tokens_per_s, goodput_per_s (both of MLPerf's interactive limits met)",
     ),
     Column("samples", "int", "Values it is made of"),
     Column("mean", "real", "Their mean, or the run's own rate"),
     *(Column(f"p{q}{end}", "real", _PERCENTILE.format(q, says)) for q in (50, 95, 99) for end, says in _ENDS.items()),
     _RECORDED, _MONTH),
    partition=("month",), order=("probe", "figure"), key=("probe", "figure", "recorded_at"),
)  # fmt: skip

PROBE_COMPARISONS = Table(
    "probe_comparisons",
    "Two targets measured side by side, compared on the same requests; the newest row counts",
    (Column("probe", "text", "The first target's probe: reading_id in probe_runs"),
     Column("other", "text", "The second target's probe"),
     Column("figure", "text", "What is compared, as in e2e_ms"),
     Column("pairs", "int", "Requests that both answered whole"),
     Column("ratio", "real", "How many times as fast the first is; null without a pair"),
     Column("low", "real", "Lower end of its 95% interval"),
     Column("high", "real", "Upper end of its 95% interval"),
     _RECORDED, _MONTH),
    partition=("month",), order=("probe", "other", "figure"), key=("probe", "other", "figure", "recorded_at"),
)  # fmt: skip

ENGINE_READINGS = Table(
    "engine_readings",
    "One case of the local engine: a model at a batch and a context on a device, with its raw timings",
    (Column("reading_id", "text", "The case: a hash of model, weights, dtype, batch, context, device and moment"),
     Column("model", "text", "The architecture's slug, as in mistral-7b-v0.3"),
     Column("weights", "text", "random, or the folder they came from"),
     Column("dtype", "text", "Number format of the weights, as in bfloat16"),
     Column("batch", "int", "Sequences at once"),
     Column("context", "int", "Tokens of the prompt"),
     Column("new_tokens", "int", "Tokens decoded in one timed window"),
     *_OUTCOME, _OBSERVED, _RECORDED, *_MACHINE,
     Column("parameters", "int", "Parameters of the built model"),
     Column("captured", "flag", "True when decode ran as captured device graphs"),
     Column("attention", "text", "How a step was made: chained or own kernels, packed or split attention"),
     Column("compiled", "text", "What was compiled of the rest: model, layer or none"),
     Column("prefill_ms", "real", "Median prefill: by device events, else by the wall clock"),
     Column("decode_ms_per_token", "real", "Median decode step: by device events, else by the wall clock"),
     Column("prefill_device_ms", "text", "Prefill times by device events, ms: a JSON list"),
     Column("prefill_wall_ms", "text", "Prefill times by the wall clock, ms: a JSON list"),
     Column("decode_device_ms", "text", "Decode steps by device events, ms, one a window: a JSON list"),
     Column("decode_wall_ms", "text", "Decode steps by the wall clock, ms: a JSON list"),
     Column("bytes_per_token", "real", "Bytes that a decode step must read, counted from the config"),
     Column("prefill_flop", "real", "Operations of a prefill, counted from the config"),
     Column("measured_bandwidth_gb_s", "real", "Copy bandwidth measured in the same run, GB/s"),
     Column("measured_tflop_s", "real", "Matrix rate measured in the same run, TFLOP/s"),
     Column("fraction_of_measured_bandwidth", "real", "Share of that bandwidth that decode reaches"),
     Column("fraction_of_datasheet_bandwidth", "real", "Share of the datasheet's bandwidth that decode reaches"),
     Column("fraction_of_measured_flop", "real", "Share of that matrix rate that prefill reaches"),
     Column("logits_error", "real", "Relative error of the engine's logits against plain eager"),
     Column("tokens_agree", "real", "Share of greedy tokens equal to generate()'s"),
     Column("joules_per_token", "real", "Energy a decoded token, J; null where the device does not say"),
     Column("peak_memory_bytes", "int", "Most device memory in use"),
     *_EVIDENCE, _MONTH),
    partition=("month",), order=("model", "batch", "context", "observed_at"), key=("reading_id", "recorded_at"),
)  # fmt: skip

REJECTS = Table(
    "rejects",
    "A fact set aside, with the reason",
    (_READING,
     Column("kind", "text", "charts, listings, reviews, signals or probes"),
     Column("position", "short", "Position in the store's answer; null when the whole reading was set aside"),
     Column("reason", "text", "A short code, as in duplicate_id"),
     Column("text", "text", "What the answer said there, shortened"),
     Column("run_id", "text", "The run that brought it"),
     _RECORDED),
    order=("reading_id", "position"), key=("reading_id", "recorded_at", "position", "reason"),
)  # fmt: skip

SET_ASIDE = Table(
    "set_aside",
    "A whole reading that broke a rule and was set aside, and what it had been asked for; `rejects` has the rule",
    (_READING,
     Column("source", "text", "Which source was asked"),
     Column("country", "text", "Storefront; null for signals, which have none"),
     Column("subject", "text", "Signals: the source's key; null for stores"),
     Column("target", "text", "What else tells it from the run's other readings of that source and storefront"),
     Column("run_id", "text", "The run that brought it"),
     _RECORDED, _MONTH),
    partition=("month",), order=("source", "country", "subject"), key=("reading_id", "recorded_at"),
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
     Column("kind", "text", "crawl charts, crawl listings, crawl reviews, crawl signals, replay or import"),
     Column("started_at", "time", "When it began"),
     Column("finished_at", "time", "When it ended; null for a run that was killed and recovered"),
     Column("result", "text", "complete, stopped, failed (not all concluded), recovered (killed), missed (not begun)"),
     Column("asked", "int", "Readings it set out to bring"),
     Column("readings", "int", "Readings it landed"),
     Column("usable", "int", "Those of them that are complete or partial"),
     Column("note", "text", "What there is to say, as codes with values: robots overrides, bytes cut, rows set aside"),
     _RECORDED),
    order=("started_at",), key=("run_id",),
)  # fmt: skip

EXPECTED = Table(
    "expected",
    "What a run set out to bring of one source and storefront, or signal; a missed run would have brought it",
    (Column("run_id", "text", "The run"),
     Column("kind", "text", "What the run does, as in crawl charts"),
     Column("source", "text", "The source to be asked; none for what no source offers"),
     Column("country", "text", "Storefront; null for signals, which have none"),
     Column("subject", "text", "Signals: the source's key, which stands for what is below it too; null for stores"),
     Column("expected", "int", "Readings to be brought: charts, listings, or figures of the subject"),
     Column("due_at", "time", "When the run began, or was to begin"),
     _RECORDED, _MONTH),
    partition=("month",), order=("due_at", "source", "country"), key=("run_id", "source", "country", "subject"),
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
    "An app in one chart on one UTC day, rolled up from its entries; counts while look_days has the same recorded_at",
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
     Column("first_reached", "flag", "True when until is said to be the day on which value was first reached"),
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
     Column("sources", "text", "Where it was read: JSON, a list of publisher, title, date, url and notes"),
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
     Column("day", "day", "The day; with precision month the first of it"),
     Column("precision", "text", "day or month: how exactly the source gives it"),
     Column("kind", "text", "launch, release, rename, broadcast, removal or record"),
     Column("title_fr", "text", "What happened, in French"),
     Column("title_en", "text", "The same in English"),
     Column("state", "text", "confirmed (read in the named source) or to_confirm"),
     Column("sources", "text", "Where it was read: JSON, a list of publisher, title, date, url and notes"),
     Column("withdrawn", "flag", "True from the load on in which its file was gone"),
     _RECORDED),
    order=("day",), key=("event", "recorded_at"),
)  # fmt: skip

METHODS = Table(
    "methods",
    "One version of a way to estimate, with its coefficients; none is ever overwritten",
    (Column("method", "text", "play_installs, rating_velocity or rank_curve"),
     Column("version", "short", "Its version, rising by one"),
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
     Column("counted", "real", "New ratings it was made from, with their error of counting; null where none count"),
     Column("per_count", "real", "Downloads that each of them stands for in this row"),
     Column("counted_since", "day", "When they began to come in; rows that share it share that error"),
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
     Column("readings", "int", "Chart, listing, review and signal readings it added"),
     Column("entries", "int", "Chart entries it added"),
     Column("rejects", "int", "Facts it set aside"),
     Column("known", "int", "Readings it left out because the same was there")),
    order=("load",), key=("load",),
)  # fmt: skip

TABLES = (
    CHART_READINGS, CHART_ENTRIES, NAMES, LISTING_READINGS, REVIEW_READINGS, REVIEWS, SIGNAL_READINGS, SIGNAL_POINTS,
    PROBE_RUNS, PROBE_SAMPLES, PROBE_FIGURES, PROBE_COMPARISONS, ENGINE_READINGS, REJECTS, SET_ASIDE, SUPERSEDED,
    RUNS, EXPECTED, PAUSES, LOOK_DAYS, CHART_DAYS, *DESK, LOADS,
)  # fmt: skip
"""Every table; `LOADS` last, because a load becomes visible with it."""
