"""Every setting, typed and described; read from `essor.toml` and from ESSOR_* variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from essor.model.charts import OVERALL, Chart, Collection
from essor.model.errors import SettingsError
from essor.model.stores import Device, StoreName, storefront


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

    def charts(self) -> list[Chart]:
        """Every chart of the group."""
        return [
            Chart(self.store, storefront(country), collection, category, self.device)
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


DEFAULT_CHARTS = [
    ChartSettings(countries=["fr", "us", "de", "gb", "jp"], collections=[Collection.TOP_FREE, Collection.TOP_PAID])
]


class Settings(BaseSettings):
    """The settings of one essor. Variables are named ESSOR_DATA_DIR, ESSOR_PACE__TIMEOUT and so on."""

    model_config = SettingsConfigDict(env_prefix="ESSOR_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Path("data")
    """Where everything is kept."""
    contact: str = ""
    """How a store can reach the operator: a web or mail address, sent in the User-Agent; please set it."""
    hosts: dict[str, str] = {}
    """Other base addresses for public hosts; ``"*"`` is for all others, the host's name then leads the path."""
    sources: dict[str, SourceSettings] = {}
    """What the operator decides about sources, by source name."""
    charts: list[ChartSettings] = Field(default_factory=lambda: list(DEFAULT_CHARTS))
    """The charts to follow."""
    listing_countries: list[str] = ["fr", "us", "de", "gb", "jp", "no"]
    """The storefronts whose listings to follow."""
    depth: int = Field(default=100, ge=1, le=200)
    """How many rows of a chart to ask for."""
    pace: PaceSettings = PaceSettings()
    """How slowly to ask."""
    charts_every_minutes: int = Field(default=60, ge=5)
    """How often `essor up` crawls the charts, minutes."""
    listings_every_hours: int = Field(default=24, ge=1)
    """How often `essor up` crawls the listings, hours."""
    host: str = "127.0.0.1"
    """The address the dashboard listens on."""
    port: int = Field(default=8050, ge=0, le=65535)
    """The port the dashboard listens on."""

    @property
    def user_agent(self) -> str:
        """The one User-Agent of every request."""
        return f"essor/0.1 (+{self.contact})" if self.contact else "essor/0.1"

    def base_of(self, host: str) -> str | None:
        """The address that stands in for a public host; None when the host itself is to be asked."""
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
        raise SettingsError(f"Setting {where}: {first['msg']}. See docs/guide/settings.md.") from error
    except ValueError as error:
        raise SettingsError(f"{_config_file()} cannot be read: {error}. It must be TOML.") from error


def _config_file() -> Path:
    return Path(os.environ.get("ESSOR_CONFIG", "essor.toml"))
