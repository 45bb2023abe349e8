"""Takes the claims and events on file into the warehouse, and sets each claim beside the evidence."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from essor.jobs.ask import opened
from essor.jobs.metrics import land_rows
from essor.jobs.refresh import Refreshed, refresh
from essor.model.claims import Claim, Judgement, Verdict, all_claims
from essor.model.errors import SettingsError
from essor.model.estimates import PUBLISHED, Method, MethodName
from essor.model.events import Event, all_events
from essor.model.stores import Market
from essor.model.tables import CLAIMS, EVENTS, VERDICTS, Table
from essor.settings import Settings
from pipeline.metrics import claims as rules
from pipeline.metrics.estimates import methods_of
from pipeline.schemas import SCHEMAS
from warehouse import lake
from warehouse.connection import Cursor
from warehouse.reads import claims as reads
from warehouse.reads import estimates


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check said of one claim."""

    claim: str
    """Its file's name without .toml."""
    app: str
    """The app."""
    statement: dict[str, str]
    """The claim in French and English."""
    verdict: Verdict
    """In one word."""
    reason: dict[str, str]
    """Why, in French and English."""
    against: tuple[str, ...]
    """The claims it was found to contradict."""
    evidence: tuple[dict[str, Any], ...]
    """What it was set beside."""

    def __str__(self) -> str:
        return f"{self.verdict:<13} {self.claim}\n    {self.reason['fr']}\n    {self.reason['en']}"


def take_in(settings: Settings, claims: Path | None = None, events: Path | None = None) -> list[Refreshed]:
    """Load the claims and events on file that are new, changed or gone; other folders may be given."""
    found, happened = all_claims(claims), all_events(events)
    with opened(settings) as cursor:
        frames = {
            CLAIMS: _changed(cursor, CLAIMS, [_claim_row(claim) for claim in found]),
            EVENTS: _changed(cursor, EVENTS, [_event_row(event) for event in happened]),
        }
    landed = land_rows(settings.data_dir, "claims", frames, datetime.now(UTC), "claims and events on file")
    return refresh(settings) if landed else []


def check_claims(settings: Settings, claims: Path | None = None) -> list[Checked]:
    """Set each claim beside the warehouse's evidence and the other claims; a changed verdict is kept beside the old.

    Raises SettingsError for a simulated market, which says nothing of the real world.
    """
    if lake.market(settings.data_dir) is Market.SIMULATED:
        raise SettingsError(
            f"{settings.data_dir} holds a simulated market, which speaks neither for nor against a claim."
            " Give another folder with --data-dir."
        )
    take_in(settings, claims)
    found = all_claims(claims)
    with opened(settings) as cursor:
        judged = rules.judgements(found, evidence(cursor, found))
        frames = {VERDICTS: _changed(cursor, VERDICTS, [_verdict_row(judgement) for judgement in judged])}
    if land_rows(settings.data_dir, "verdicts", frames, datetime.now(UTC), "check of the claims"):
        refresh(settings)
    by_name = {claim.name: claim for claim in found}
    return [
        Checked(j.claim, by_name[j.claim].app, by_name[j.claim].statement, j.verdict, j.reason, j.against, j.evidence)
        for j in judged
    ]


def evidence(cursor: Cursor, claims: tuple[Claim, ...]) -> rules.Evidence:
    """What the warehouse holds that can tell of these claims."""
    released = reads.releases(cursor)
    releases: dict[tuple[str, str], dict[str, Any]] = {}
    rated: dict[tuple[str, str], tuple[str, Any, int]] = {}
    for row in released.iter_rows(named=True):
        key = (row["app"], row["store"])
        if row["released"]:
            releases.setdefault(key, {})[row["country"]] = row["released"]
        if row["first_rated_on"] and (key not in rated or row["first_rated_on"] < rated[key][1]):
            rated[key] = (row["country"], row["first_rated_on"], row["ratings"])
    installs: dict[str, list[tuple[Any, int]]] = {}
    for row in reads.installs(cursor).iter_rows(named=True):
        installs.setdefault(row["app"], []).append((row["day"], row["installs"]))
    ranks = {claim.name: _ranks(cursor, claim) for claim in claims if claim.quantity == "rank"}
    return rules.Evidence(_curve(cursor), releases, rated, ranks, installs)


def _curve(cursor: Cursor) -> Method:
    held = methods_of(estimates.methods(cursor))
    published = next(method for method in PUBLISHED if method.name is MethodName.RANK_CURVE)
    return held.get(MethodName.RANK_CURVE, published)


def _ranks(cursor: Cursor, claim: Claim) -> rules.Ranks:
    since = claim.since or claim.until
    found = reads.best_ranks(
        cursor, claim.app, since, claim.until,
        stores=claim.stores, countries=claim.countries or (), places=int(claim.value or 1),
    )  # fmt: skip
    row = found.row(0, named=True)
    return rules.Ranks(row["best_rank"], row["observed"], (claim.until - since).days + 1)


def _changed(cursor: Cursor, table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Those of the rows that differ from what the warehouse holds, and a withdrawal of each that is no longer there."""
    schema = {name: kind for name, kind in SCHEMAS[table.name].items() if name != "recorded_at"}
    key = table.key[0]
    held = cursor.frame(f"SELECT * FROM {table.name}")  # noqa: S608 - a table's name is ours
    now = pl.DataFrame(rows, schema=schema)
    before = held.with_columns(withdrawn=pl.lit(value=False)) if "withdrawn" in schema else held
    before = before.select(pl.col(name).cast(kind) for name, kind in schema.items())
    changed = now.join(before, list(schema), "anti", nulls_equal=True)
    gone = before.join(now, key, "anti") if "withdrawn" in schema else before.clear()
    return pl.concat([changed, gone.with_columns(withdrawn=pl.lit(value=True))]) if gone.height else changed


def _claim_row(claim: Claim) -> dict[str, Any]:
    plain = {
        name: getattr(claim, name)
        for name in ("app", "quantity", "value", "unit", "bound", "cumulative", "first_reached", "since", "until",
                     "precision", "after_days", "said_by", "origin", "definition", "state", "restates")
    }  # fmt: skip
    return plain | {
        "claim": claim.name,
        "kind": claim.kind.value,
        "stores": ",".join(claim.stores),
        "countries": ",".join(claim.countries) if claim.countries else None,
        "statement_fr": claim.statement["fr"],
        "statement_en": claim.statement["en"],
        "contradicts": ",".join(claim.contradicts) or None,
        "sources": json.dumps([source.as_dict() for source in claim.sources], ensure_ascii=False),
        "withdrawn": False,
    }


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "event": event.name,
        "app": event.app,
        "day": event.on,
        "precision": event.precision,
        "kind": event.kind,
        "title_fr": event.title["fr"],
        "title_en": event.title["en"],
        "state": event.state,
        "sources": json.dumps([source.as_dict() for source in event.sources], ensure_ascii=False),
        "withdrawn": False,
    }


def _verdict_row(judgement: Judgement) -> dict[str, Any]:
    told = asdict(judgement)
    return {
        "claim": judgement.claim,
        "verdict": judgement.verdict.value,
        "reason_fr": judgement.reason["fr"],
        "reason_en": judgement.reason["en"],
        "against": ",".join(judgement.against) or None,
        "evidence": json.dumps(told["evidence"], ensure_ascii=False),
    }
