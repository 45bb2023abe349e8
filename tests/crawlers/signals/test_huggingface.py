"""Hugging Face's answers. No body was recorded: these are made by hand from its documented fields."""

from __future__ import annotations

import json

import pytest

from crawlers.signals.huggingface import DOWNLOADS, DOWNLOADS_30D, LIKES, HuggingFace
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status

SOURCE = HuggingFace()
NAME = "mistralai/Mistral-7B-v0.1"
MODEL = {"id": NAME, "downloads": 500_000, "downloadsAllTime": 90_000_000, "likes": 4_000}


def test_figures_of_a_model() -> None:
    """Three figures, each of its own kind."""
    target = SOURCE.recognise(f"https://huggingface.co/api/models/{NAME}?expand[]=downloads")
    assert target is not None
    found = {reading.metric: reading.points[0].value for reading in SOURCE.parse(json.dumps(MODEL).encode(), target)}
    assert found == {DOWNLOADS_30D: 500_000, DOWNLOADS: 90_000_000, LIKES: 4_000}


def test_figure_that_was_not_expanded_is_missing() -> None:
    """DownloadsAllTime comes only when it is asked for."""
    target = SOURCE.recognise(f"https://huggingface.co/api/models/{NAME}")
    assert target is not None
    body = json.dumps({key: value for key, value in MODEL.items() if key != "downloadsAllTime"}).encode()
    found = {reading.metric: reading.status for reading in SOURCE.parse(body, target)}
    assert found == {DOWNLOADS_30D: Status.COMPLETE, DOWNLOADS: Status.LAYOUT_CHANGED, LIKES: Status.COMPLETE}


def test_models_of_an_author() -> None:
    """A list gives each model its readings; an empty one is a failure, not a maker without models."""
    target = SOURCE.recognise("https://huggingface.co/api/models?author=mistralai&limit=50")
    assert target is not None
    assert target.subjects == ("mistralai",)
    body = json.dumps([MODEL, MODEL | {"id": "mistralai/Other"}]).encode()
    assert {reading.subject for reading in SOURCE.parse(body, target)} == {NAME, "mistralai/Other"}
    with pytest.raises(FetchError):
        SOURCE.parse(b"[]", target)


def test_rename_and_refusal() -> None:
    """Another id is a new name of the same model; an error is no model."""
    target = SOURCE.recognise(f"https://huggingface.co/api/models/{NAME}")
    assert target is not None
    reading = SOURCE.parse(json.dumps(MODEL | {"id": "mistralai/Mistral-7B"}).encode(), target)[0]
    assert (reading.subject, reading.message) == (NAME, f"{NAME} is now mistralai/Mistral-7B")
    with pytest.raises(LayoutChanged, match="Repository not found"):
        SOURCE.parse(b'{"error": "Repository not found"}', target)
