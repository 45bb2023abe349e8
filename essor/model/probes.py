"""Latency probes: what was asked of a model, when each byte came back, and how a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from essor.model.observation import stable_id


class Outcome(StrEnum):
    """How one request, one engine case or one whole run ended. Only `complete` ones hold figures."""

    COMPLETE = "complete"
    """The answer came whole."""
    CUT = "cut"
    """The answer began, and the connection ended before it did."""
    EMPTY = "empty"
    """The answer ended properly and held no text."""
    RATE_LIMITED = "rate_limited"
    """The service asked for fewer requests (429, 529)."""
    REJECTED = "rejected"
    """The service does not accept the request (another 4xx)."""
    SERVER_ERROR = "server_error"
    """The service failed (5xx, or an error event after 200)."""
    TIMED_OUT = "timed_out"
    """Nothing more came within the time allowed."""
    LOST = "lost"
    """No connection, or it broke before the answer began."""
    CRASHED = "crashed"
    """The backend or the engine stopped on an error of its own."""
    OUT_OF_MEMORY = "out_of_memory"
    """The device has too little memory for this case."""
    INTERRUPTED = "interrupted"
    """The probe itself was ended before this run was; the samples that had come are kept and count."""
    SKIPPED = "skipped"
    """Not tried: no key, no server, no GPU, or a limit was reached. The message says which."""


class CountSource(StrEnum):
    """Who counted the tokens of an answer."""

    USAGE = "usage"
    """The server said it in the answer."""
    LOCAL_TOKENIZER = "local_tokenizer"
    """The model's own tokenizer, run here on the text (or the engine itself, token by token)."""
    CHUNKS = "chunks"
    """Nobody: one chunk is taken for one token."""


class Load(StrEnum):
    """How requests are spread in time."""

    CLOSED = "closed"
    """N users, each asking again as soon as it is answered."""
    OPEN = "open"
    """Arrivals at random (Poisson) at a rate, whether or not the last ones are answered."""


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A model at a place, to be measured."""

    name: str
    """Its short name in tables and figures, as in ``"mistral-small-hosted"``."""
    backend: str
    """The file of `inference_probe/backends/` that reaches it, as in ``"openai_http"``."""
    model: str | None = None
    """The model's name there; None asks the server and takes it if it offers just one."""
    base_url: str | None = None
    """Where the server is, as in ``"https://api.mistral.ai/v1"``; None where there is none."""
    key_variable: str | None = None
    """The environment variable that holds the key, as in ``"MISTRAL_API_KEY"``; None for no key."""
    weights: str | None = None
    """``"random"``, a folder, or None for a service that does not say."""
    price_in: float = 0.0
    """Price of a million tokens sent, in `currency`."""
    price_out: float = 0.0
    """Price of a million tokens received, in `currency`."""
    currency: str = "EUR"
    """ISO 4217 code of the prices."""


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One question to one target."""

    index: int
    """Its place in the block, 0 for the first; the same index asks every target the same."""
    prompt: str
    """The text that is sent."""
    prompt_tokens: int
    """About how many tokens the prompt has."""
    output_tokens: int
    """How many tokens are asked for."""
    repetition: int = 0
    """Which repetition of the block, 0 for the first."""
    warmup: bool = False
    """Whether it only warms the target up; such samples are kept and not counted."""
    seed: int = 0
    """The seed handed to services that take one."""


class Chunk(NamedTuple):
    """A piece of an answer, as it arrived."""

    at_ns: int
    """When its last byte arrived, ns on the run's clock."""
    text: str
    """The text; may be empty (a role, a heartbeat)."""
    reasoning: bool = False
    """Whether it is reasoning and not answer."""
    tokens: int | None = None
    """How many tokens it holds, where the source says so chunk by chunk."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a server does its own way, as detected; None is not seen yet."""

    done_marker: bool | None = None
    """Whether the stream ends with ``[DONE]`` (or its dialect's own end)."""
    usage_at: str | None = None
    """Where token counts stand: ``"none" "own_chunk" "with_choices" "every_chunk" "named_events" "last_line"``."""
    role_chunk: bool | None = None
    """Whether a chunk with only a role comes first."""
    empty_chunks: bool | None = None
    """Whether chunks without any text come in mid-answer."""
    keep_alives: bool | None = None
    """Whether comment lines come while waiting."""
    reasoning_field: str | None = None
    """The field that carries reasoning, as in ``"reasoning_content"``."""
    typed_parts: bool | None = None
    """Whether content comes as a list of typed parts."""
    strict_fields: bool | None = None
    """Whether fields it does not know are refused."""
    length_forced_by: str | None = None
    """The request's way to a fixed length: ``"ignore_eos" "generation_config" "none"``."""
    limit_field: str | None = None
    """The field that limits the length, as in ``"max_completion_tokens"``."""
    error_in_stream: bool | None = None
    """Whether an error came as an event after HTTP 200."""
    stamped_at: str | None = None
    """Where arrivals are stamped: ``"socket"``, ``"client"`` (behind a proxy) or ``"engine"``."""


@dataclass(frozen=True, slots=True)
class ProbeSample:
    """One request and the raw time stamps of its answer; all figures are derived from these later.

    Times are ns on the run's monotonic clock, 0 at its start; None: did not happen.
    """

    run_id: str
    """The run."""
    index: int
    """The request's place in its block."""
    repetition: int
    """Which repetition of the block."""
    warmup: bool
    """Whether it only warmed up."""
    outcome: Outcome
    """How it ended."""
    message: str | None
    """One sentence on why, when not `complete`."""
    http_status: int | None
    """The HTTP status code; None when there was none."""
    retry_after_s: float | None
    """Seconds the service asked us to wait."""
    asked_tokens: int
    """How many tokens were asked for."""
    scheduled_ns: int
    """When it should have been sent."""
    connect_ns: int | None
    """How long opening the connection took before `sent_ns`; None when one was open already."""
    sent_ns: int | None
    """When the request was handed to the open connection."""
    headers_ns: int | None
    """When the answer's headers had come."""
    first_event_ns: int | None
    """When the first event of any kind had come."""
    ended_ns: int | None
    """When the answer ended, however it ended."""
    chunks: tuple[Chunk, ...]
    """Every chunk with its time."""
    prompt_tokens: int | None
    """Tokens of the prompt, as counted by the server or the engine."""
    completion_tokens: int | None
    """Tokens of the answer, reasoning included; see `count_source`."""
    count_source: CountSource | None
    """Who counted them."""
    finish: str | None
    """Why the answer ended, in the server's word, as in ``"length"``."""
    server_ns: tuple[tuple[str, int], ...] = ()
    """Durations that the server itself reports, ns, by its own names."""

    @property
    def first_token_ns(self) -> int | None:
        """When the first text came, reasoning or answer."""
        return next((chunk.at_ns for chunk in self.chunks if chunk.text), None)

    @property
    def first_answer_ns(self) -> int | None:
        """When the first text came that is not reasoning."""
        return next((chunk.at_ns for chunk in self.chunks if chunk.text and not chunk.reasoning), None)

    @property
    def last_token_ns(self) -> int | None:
        """When the last text came."""
        return next((chunk.at_ns for chunk in reversed(self.chunks) if chunk.text), None)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that measured, as found; None: it does not say."""

    platform: str
    """System and processor architecture."""
    cores: int
    """Processor cores this process may use."""
    gpu: str | None = None
    """The device's name, as in ``"NVIDIA H200"``."""
    driver: str | None = None
    """The device's driver version."""
    sm_mhz: int | None = None
    """The clock of its processors when looked at, MHz."""
    memory_mhz: int | None = None
    """The clock of its memory when looked at, MHz."""
    power_limit_w: float | None = None
    """Its power limit, watts."""
    idle_w: float | None = None
    """Its power before the run, watts."""
    temperature_c: int | None = None
    """Its temperature before the run, degrees Celsius."""
    memory_bytes: int | None = None
    """Its memory."""
    software: tuple[tuple[str, str], ...] = ()
    """Names and versions of what ran, as in ``(("torch", "2.11.0"),)``."""


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """One target measured under one load, with everything needed to read its samples."""

    run_id: str
    """The run's key, from `probe_run_id`."""
    target: ProbeTarget
    """What was measured."""
    model: str | None
    """The model's name as the server confirmed it; None when it was never reached."""
    workload: str
    """The workload's name, as in ``"chat-short"``."""
    load: Load
    """How requests were spread."""
    users: int | None
    """Users at once in a closed loop."""
    rate: float | None
    """Arrivals a second in an open loop."""
    started_at: str
    """When clock 0 was, UTC in ISO 8601 to the microsecond."""
    finished_at: str | None
    """When it ended, UTC in ISO 8601 to the microsecond; None for one that is under way or was interrupted."""
    outcome: Outcome
    """How the run as a whole ended."""
    message: str | None
    """One sentence on why, when not `complete`."""
    count_source: str | None
    """Who counted the tokens, or ``"mixed"``."""
    quirks: Quirks
    """The server's own ways."""
    rtt_ns: tuple[int, ...]
    """Times of opening a TCP connection, ns; never subtracted from anything."""
    engine: str | None
    """The server or engine and its version as it names itself."""
    machine: Machine
    """The machine that measured."""
    repetitions: int
    """Into how many interleaved parts the requests fell."""
    cost: float
    """What the run cost by the target's prices, in its currency."""


@dataclass(frozen=True, slots=True)
class EngineReading:
    """One case of the local engine: a model at a batch and a context, with its raw timings."""

    model: str
    """The architecture's slug, as in ``"mistral-7b-v0.3"``."""
    weights: str
    """``"random"`` or the folder they came from."""
    dtype: str
    """The number format of the weights, as in ``"bfloat16"``."""
    batch: int
    """Sequences at once."""
    context: int
    """Tokens of the prompt."""
    new_tokens: int
    """Tokens decoded in one timed window."""
    observed_at: str
    """When it was measured, UTC in ISO 8601."""
    outcome: Outcome
    """How the case ended."""
    message: str | None
    """Why it is not `complete`; of a complete one how each way of making a step did."""
    machine: Machine
    """The machine."""
    parameters: int | None = None
    """Parameters of the built model."""
    captured: bool | None = None
    """Whether decode ran as captured device graphs."""
    attention: str | None = None
    """How a step was made: our ``"chained"`` or ``"own"`` kernels, or with ``"packed"`` or ``"split"`` attention."""
    compiled: str | None = None
    """What was compiled of the rest: ``"model"``, ``"layer"`` or ``"none"``."""
    prefill_device_ms: tuple[float, ...] = ()
    """Prefill times by device events, ms (empty without a GPU)."""
    prefill_wall_ms: tuple[float, ...] = ()
    """Prefill times by the wall clock, ms."""
    decode_device_ms: tuple[float, ...] = ()
    """Time of a decode step by device events, ms; one value a window of `new_tokens` steps."""
    decode_wall_ms: tuple[float, ...] = ()
    """Time of a decode step by the wall clock with the device waited for after each, ms."""
    bytes_per_token: float | None = None
    """Bytes that one decode step must read: weights and filled cache, counted from the config."""
    measured_bandwidth_gb_s: float | None = None
    """Copy bandwidth measured in the same run, GB/s."""
    measured_tflop_s: float | None = None
    """Matrix rate measured in the same run, TFLOP/s."""
    prefill_flop: float | None = None
    """Floating-point operations of one prefill, counted from the config."""
    logits_error: float | None = None
    """Relative error of the engine's logits against plain eager."""
    tokens_agree: float | None = None
    """Share of greedy tokens equal to `generate()`'s, ties within the logits' error counted as equal."""
    joules_per_token: float | None = None
    """Energy a decoded token over a steady window, J; None where the device does not say."""
    peak_memory_bytes: int | None = None
    """Most device memory in use."""

    @property
    def prefill_ms(self) -> float | None:
        """Median prefill time: by device events, else by the wall clock."""
        return _median(self.prefill_device_ms or self.prefill_wall_ms)

    @property
    def decode_ms_per_token(self) -> float | None:
        """Median time of a decode step: by device events, else by the wall clock."""
        return _median(self.decode_device_ms or self.decode_wall_ms)

    @property
    def fraction_of_measured_bandwidth(self) -> float | None:
        """Share of the measured copy bandwidth that decode reaches."""
        step = self.decode_ms_per_token
        if step is None or not self.bytes_per_token or not self.measured_bandwidth_gb_s:
            return None
        return self.bytes_per_token / (step * 1e-3) / (self.measured_bandwidth_gb_s * 1e9)


def probe_run_id(target: str, workload: str, load: str, started_at: str) -> str:
    """The id of a run: the same target, workload, load and start give the same id."""
    return stable_id("probe", target, workload, load, started_at)


def _median(values: tuple[float, ...]) -> float | None:
    return median(values) if values else None
