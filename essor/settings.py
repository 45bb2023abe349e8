"""Every setting, typed and described; read from `essor.toml` and from ESSOR_* variables."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as VariableError

from essor.model.apps import all_apps
from essor.model.charts import OVERALL, Chart, Collection
from essor.model.errors import SettingsError
from essor.model.news import NewsKind
from essor.model.stores import Device, StoreName, storefront_of


class SourceSettings(BaseModel):
    """What the operator decides about one source."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    """Whether to ask it; None leaves it to the source's own default."""
    obey_robots: bool = True
    """Whether robots.txt decides; switching it off needs a `reason`."""
    reason: str | None = None
    """Why the operator may do without robots.txt here; kept with every run."""

    @model_validator(mode="after")
    def _reasoned(self) -> SourceSettings:
        if not self.obey_robots and not (self.reason or "").strip():
            raise ValueError('obey_robots = false needs a reason, such as reason = "agreement of 2026-03-01"')
        return self


class ChartSettings(BaseModel):
    """A group of charts to follow."""

    model_config = ConfigDict(extra="forbid")

    countries: list[str] = Field(min_length=1)
    """Storefronts, as in ``["fr", "us"]``."""
    collections: list[Collection] = Field(default=[Collection.TOP_FREE], min_length=1)
    """What the charts rank by."""
    categories: list[str] = Field(default=[OVERALL[StoreName.APPLE]], min_length=1)
    """The store's ids of the categories; ``"36"`` is overall at Apple."""
    device: Device = Device.IPHONE
    """The kind of device."""
    store: StoreName = StoreName.APPLE
    """The store."""

    @model_validator(mode="after")
    def _known_storefronts(self) -> ChartSettings:
        try:
            self.charts()
        except SettingsError as error:
            raise ValueError(str(error)) from error
        return self

    def charts(self) -> list[Chart]:
        """Every chart of the group."""
        return [
            Chart(self.store, storefront_of(self.store, country), collection, category, self.device)
            for country in self.countries
            for collection in self.collections
            for category in self.categories
        ]


class PaceSettings(BaseModel):
    """How slowly to ask."""

    model_config = ConfigDict(extra="forbid")

    seconds_between_requests: float = Field(default=3.0, ge=0)
    """Least time between two requests to one host, seconds."""
    jitter: float = Field(default=0.3, ge=0, le=1)
    """Share of that time by which it varies."""
    requests_at_once: int = Field(default=1, ge=1)
    """Requests under way at once to one host."""
    timeout: float = Field(default=30.0, gt=0)
    """How long to wait for an answer, seconds."""
    attempts: int = Field(default=4, ge=1)
    """How often to ask for one thing before giving up in this run."""
    first_backoff: float = Field(default=10.0, ge=0)
    """Wait after a first failure, seconds; doubled after each further one."""
    longest_backoff: float = Field(default=900.0, ge=0)
    """Longest wait before asking again, seconds; a longer Retry-After ends the host's part of the run."""
    blocks_before_pause: int = Field(default=10, ge=1)
    """Refusals in a row after which a host is left alone, by later runs too."""
    pause: float = Field(default=3600.0, gt=0)
    """How long it is left alone then, seconds; doubled each time that it goes on refusing, up to a day."""
    requests_a_day: int = Field(default=50_000, ge=0)
    """Most requests to one host on one UTC day, over all runs; 0 for no limit."""
    budgets: dict[str, int] = {}
    """Another limit for some hosts, by host, as in ``{"itunes.apple.com" = 2000}``."""


class TargetSettings(BaseModel):
    """A model at a place whose latency is measured."""

    model_config = ConfigDict(extra="forbid")

    backend: str = "openai_http"
    """How it is reached: `openai_http`, `anthropic_http`, `ollama_http`, `torch_local` or `fake`."""
    model: str | None = None
    """The model's name there; without it the server is asked, and must offer just one."""
    base_url: str | None = None
    """Where the server is, as in ``"http://127.0.0.1:8000/v1"``."""
    key_variable: str | None = None
    """The environment variable that holds the key, as in ``"MISTRAL_API_KEY"``; the key itself is never written."""
    weights: str | None = None
    """``"random"``, or a folder with real weights, for the local engine."""
    price_in: float = Field(default=0.0, ge=0)
    """Price of a million tokens sent, in `currency`; without prices no limit of cost can hold."""
    price_out: float = Field(default=0.0, ge=0)
    """Price of a million tokens received, in `currency`."""
    currency: str = "EUR"
    """ISO 4217 code of the prices; one measurement takes one."""


class ProbeSettings(BaseModel):
    """How latency is measured when the command does not say."""

    model_config = ConfigDict(extra="forbid")

    targets: list[str] = []
    """What `essor probe run` and the schedule measure: names of `[targets]`, or of those that come with essor."""
    workload: str = "chat-short"
    """What is asked: `chat-short`, `chat-long`, `summarise` or `code`."""
    requests: int = Field(default=25, ge=1)
    """Requests to each target, warm-up not counted."""
    concurrency: int = Field(default=1, ge=1)
    """Users at once."""
    repetitions: int = Field(default=5, ge=1)
    """Into how many interleaved parts the requests fall at most: each has a request for every user."""
    warmup: int = Field(default=2, ge=0)
    """Requests before, kept and marked."""
    timeout: float = Field(default=120.0, gt=0)
    """Longest wait for one answer, seconds."""
    seconds: float = Field(default=1800.0, gt=0)
    """Longest time for everything, seconds."""
    max_cost: float = Field(default=1.0, ge=0)
    """Most that one measurement may cost, in the targets' currency, by their prices."""


class AlertSettings(BaseModel):
    """Whom to tell of what."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """What the alert is called, as in ``"le-chat-in-france"``."""
    apps: list[str] = []
    """Slugs of the followed apps it is about; empty for all."""
    countries: list[str] = []
    """Storefronts it is about; empty for all. What holds worldwide, such as a new version, is told all the same."""
    kinds: list[NewsKind] = Field(default=[kind for kind in NewsKind if kind != NewsKind.COUNT_FELL], min_length=1)
    """What it tells: `first`, `lost_first`, `into_top`, `out_of_top`, `entered`, `left`, `moved`, `installs`,
    `ratings`, `score_fell`, `count_fell`, `version`, `price`, `source_lost`, `source_back`."""
    top: int = Field(default=10, ge=1, le=200)
    """How many first places `into_top` and `out_of_top` are about."""
    places: int = Field(default=10, ge=1, le=200)
    """By how many places within a day an app must have `moved`."""
    quiet_hours: float = Field(default=24.0, ge=0, le=24 * 30)
    """For so long the same kind of news of the same app and chart is not told again."""
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    """The language it is written in."""
    mail: list[str] = []
    """Mail addresses it goes to; see `[mail]`."""
    webhook_variable: str | None = None
    """The environment variable that holds a web address to post it to; Slack and Mattermost show the post as it is."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> AlertSettings:
        if not self.mail and not self.webhook_variable:
            raise ValueError(f"alert {self.name!r} goes nowhere: give mail or webhook_variable")
        return self


class MailSettings(BaseModel):
    """The mail server that alerts go through."""

    model_config = ConfigDict(extra="forbid")

    host: str = ""
    """Its name."""
    port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls`, `tls` from the first byte (port 465), or `none` for a server on the same machine."""
    sender: str = ""
    """The address the mail comes from."""
    user: str | None = None
    """The name to log in with; None for no log-in."""
    password_variable: str = "ESSOR_MAIL_PASSWORD"  # noqa: S105 - where it is, not what it is
    """The environment variable that holds the password, which is never written."""


class JobSettings(BaseModel):
    """When a job is done: give `every` or `cron`."""

    model_config = ConfigDict(extra="forbid")

    every: str | None = None
    """How often, as in `"30m"`, `"1h"` or `"2d"`; the first time at once, later counted from there."""
    cron: str | None = None
    """At what times, as in `"5 * * * *"`: minute, hour, day, month, weekday, in UTC."""
    enabled: bool = True
    """Whether it is done at all."""

    @model_validator(mode="after")
    def _one_of_both(self) -> JobSettings:
        if self.every and self.cron:
            raise ValueError("give every or cron, not both")
        if self.every and self.step is None:
            raise ValueError(f"{self.every!r} is no time: write a number and s, m, h or d, such as 1h")
        if self.cron and len(self.cron.split()) != _CRON_FIELDS:
            raise ValueError(f"{self.cron!r} is no time: write five fields, such as 5 * * * *")
        return self

    @property
    def step(self) -> timedelta | None:
        """How often; None for a cron line."""
        found = re.fullmatch(r"(\d+)\s*([smhd])", self.every or "")
        return int(found[1]) * _UNITS[found[2]] if found and int(found[1]) else None

    def __str__(self) -> str:
        return f"every {self.every}" if self.every else f"at {self.cron}"


_PREFIX = "ESSOR_"
_NO_SETTINGS = {
    "ESSOR_CONFIG", "ESSOR_LOG_FD", "ESSOR_PLANNED_RUN", "ESSOR_PLANNER",
    "ESSOR_PROBE_DIRECT", "ESSOR_PROBE_LOCAL", "ESSOR_PROBE_PYTHON",
}  # fmt: skip
"""Variables that are no settings: where these are, what our own processes tell each other, how a probe is run."""
_ADDRESS = r"^https?://.+"
_CRON_FIELDS = 5
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DEFAULT_SCHEDULE = {
    "charts": JobSettings(every="1h"),
    "listings": JobSettings(every="1d"),
    "signals": JobSettings(every="1d"),
    "reviews": JobSettings(every="1d", enabled=False),
    "probes": JobSettings(every="1d", enabled=False),
}
DEFAULT_CHARTS = [
    ChartSettings(countries=["fr", "us", "de", "gb", "jp"], collections=[Collection.TOP_FREE, Collection.TOP_PAID])
]


class Settings(BaseSettings):
    """The settings of one essor. Variables are named ESSOR_DATA_DIR, ESSOR_PACE__TIMEOUT and so on."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Path("data")
    """The folder where everything is kept."""
    contact: str = ""
    """How a store can reach the operator: a web or mail address, sent in the User-Agent; please set it."""
    hosts: dict[str, Annotated[str, Field(pattern=_ADDRESS)]] = {}
    """Other base addresses for public hosts; ``"*"`` is for all others, the host's name then leads the path."""
    simulated: str = Field(default="", pattern=rf"^$|{_ADDRESS}")
    """The address of `essor replica --simulate`: everything is asked there, and the data folder is a simulated one from
    its first load on; empty for the real stores."""
    sources: dict[str, SourceSettings] = {}
    """What the operator decides about sources, by source name."""
    charts: list[ChartSettings] = Field(default_factory=lambda: list(DEFAULT_CHARTS))
    """The charts to follow."""
    listing_countries: list[str] = ["fr", "us", "de", "gb", "jp", "no"]
    """The storefronts whose listings to follow."""
    review_languages: list[str] = ["fr", "en"]
    """The languages whose reviews to follow, where a store keeps reviews by language."""
    review_pages: int = Field(default=1, ge=1, le=10)
    """How many pages of the newest reviews to ask for, an app and storefront; a page has 50 at Apple."""
    depth: int = Field(default=100, ge=1, le=200)
    """How many rows of a chart to ask for."""
    pace: PaceSettings = PaceSettings()
    """How slowly to ask."""
    schedule: dict[str, JobSettings] = Field(default_factory=lambda: dict(DEFAULT_SCHEDULE))
    """When `essor up` crawls what; a job that is not named here keeps its default."""
    schedule_url: str = ""
    """The database that keeps the schedule, as SQLAlchemy names it; empty for a file in the data folder."""
    targets: dict[str, TargetSettings] = {}
    """Models whose latency can be measured, by name; vendors and usual local ports are known without."""
    probe: ProbeSettings = ProbeSettings()
    """How latency is measured."""
    alerts: list[AlertSettings] = []
    """Whom to tell of what, after each crawl."""
    mail: MailSettings = MailSettings()
    """The mail server that alerts go through."""
    public_url: str = Field(default="", pattern=rf"^$|{_ADDRESS}")
    """Where others reach the dashboard, for the links in alerts and feeds; empty for host and port."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on the log tells, on stderr: `debug`, `info`, `warning` or `error`."""
    host: str = "127.0.0.1"
    """The address the dashboard listens on."""
    port: int = Field(default=8050, ge=0, le=65535)
    """The port the dashboard listens on."""

    @field_validator("data_dir")
    @classmethod
    def _no_file(cls, given: Path) -> Path:
        if given.is_file():
            raise ValueError(f"{given} is a file: give a folder")
        return given

    @field_validator("schedule")
    @classmethod
    def _known_jobs(cls, given: dict[str, JobSettings]) -> dict[str, JobSettings]:
        """The defaults under what is said. A job that is only switched on or off keeps its times."""
        if unknown := set(given) - set(DEFAULT_SCHEDULE):
            raise ValueError(f"{sorted(unknown)[0]!r} is no job: give one of {', '.join(DEFAULT_SCHEDULE)}")
        timed = {
            name: job if job.every or job.cron else DEFAULT_SCHEDULE[name].model_copy(update={"enabled": job.enabled})
            for name, job in given.items()
        }
        return {**DEFAULT_SCHEDULE, **timed}

    @field_validator("alerts")
    @classmethod
    def _own_names(cls, given: list[AlertSettings]) -> list[AlertSettings]:
        names = [alert.name for alert in given]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two alerts are called {sorted(twice)[0]!r}: each needs a name of its own")
        if unknown := {app for alert in given for app in alert.apps} - (followed := {app.slug for app in all_apps()}):
            raise ValueError(f"no app {sorted(unknown)[0]!r} is followed: give some of {', '.join(sorted(followed))}")
        return given

    @property
    def charts_every_minutes(self) -> int:
        """How often the charts are crawled, minutes; of a cron line whether it is about hourly or about daily."""
        job = self.schedule["charts"]
        if job.step is not None:
            return max(1, int(job.step.total_seconds() // 60))
        return 60 if (job.cron or "").split()[1] == "*" else 24 * 60

    @property
    def schedule_database(self) -> str:
        """The address of the schedule's database."""
        return self.schedule_url or f"sqlite:///{self.data_dir / 'schedule.sqlite'}"

    @property
    def dashboard_url(self) -> str:
        """Where the dashboard is reached, without a stroke at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def user_agent(self) -> str:
        """The one User-Agent of every request."""
        return f"essor/0.1 (+{self.contact})" if self.contact else "essor/0.1"

    def base_of(self, host: str) -> str | None:
        """The address that stands in for a public host; None when the host itself is to be asked."""
        if self.simulated:
            return f"{self.simulated.rstrip('/')}/{host}"
        everywhere = self.hosts.get("*")
        return self.hosts.get(host, f"{everywhere.rstrip('/')}/{host}" if everywhere else None)

    def source(self, name: str) -> SourceSettings:
        """What the operator decides about a source; the defaults when nothing is said."""
        return self.sources.get(name, SourceSettings())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before variables before `essor.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _config_file())


def read_settings(**given: Any) -> Settings:  # noqa: ANN401 - each value is checked against its field
    """The settings from `essor.toml`, the ESSOR_* variables and `given`, the last one winning.

    Raises SettingsError naming the field and what it takes.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "essor.toml"
        raise SettingsError(f"Setting {where}: {_told(first)}. See docs/guide/settings.md.") from error
    except VariableError as error:
        raise SettingsError(f"A variable cannot be read: {error}. Write JSON there, or use essor.toml.") from error
    except ValueError as error:
        raise SettingsError(f"{_config_file()} cannot be read: {error}. It must be TOML.") from error


def unheeded(settings: Settings) -> list[str]:
    """What was meant to set something and sets nothing: a file that is not there, variables with an unknown name."""
    file = _config_file()
    lost = "ESSOR_CONFIG" in os.environ and not file.is_file()
    missing = [f"ESSOR_CONFIG names {file}, which is no file: the defaults hold."] if lost else []
    named = {settings.mail.password_variable, *(alert.webhook_variable for alert in settings.alerts)}
    named |= {target.key_variable for target in settings.targets.values()} | _NO_SETTINGS
    return missing + [
        f"{name} sets nothing: there is no such setting.{_meant(name)}"
        for name in sorted(os.environ)
        if name.upper().startswith(_PREFIX) and name not in named and not _sets(name)
    ]


def _sets(variable: str) -> bool:
    """Whether a variable sets something; a wrong part of a group, as in ESSOR_PACE__X, is refused with its reason."""
    name, parts, _ = variable[len(_PREFIX) :].lower().partition("__")
    return name in (_groups() if parts else Settings.model_fields)


def _groups() -> dict[str, Any]:
    """The settings that have parts, or names of one's own, with what is known of those."""
    fields = {name: field.annotation for name, field in Settings.model_fields.items()}
    parts = {name: getattr(kind, "model_fields", {}) for name, kind in fields.items()}
    return {name: known for name, known in parts.items() if known or get_origin(fields[name]) is dict}


def _meant(variable: str) -> str:
    known = ["ESSOR_CONFIG", *(f"{_PREFIX}{name}".upper() for name in Settings.model_fields)]
    known += [f"{_PREFIX}{group}__{part}".upper() for group, parts in _groups().items() for part in parts]
    near = get_close_matches(variable.upper(), known, 1, cutoff=0.8)
    return f" Do you mean {near[0]}?" if near else ""


def _told(error: ErrorDetails) -> str:
    """What is wrong with a setting: in our own words where we wrote some, else in pydantic's."""
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"].endswith(_ADDRESS):
        return f"{error['input']!r} is no address: it begins with http:// or https://"
    return error["msg"].removeprefix("Value error, ")


def _config_file() -> Path:
    return Path(os.environ.get("ESSOR_CONFIG", "essor.toml"))
