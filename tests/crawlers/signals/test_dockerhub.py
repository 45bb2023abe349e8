"""Docker Hub's answers: the recorded repository of 2017."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers.signals.dockerhub import PULLS, STARS, DockerHub
from essor.model.errors import LayoutChanged
from essor.model.signals import SignalPoint

SOURCE = DockerHub()
URL = "https://hub.docker.com/v2/repositories/grimoirelab/perceval/"


def test_recorded_repository(real: Path) -> None:
    """Pulls and stars are those of the recorded body, which has more fields than are read."""
    body = (real / "adoption" / "dockerhub_repository_grimoirelab_perceval_2017_trimmed.json").read_bytes()
    target = SOURCE.recognise(URL)
    assert target is not None
    pulls, stars = SOURCE.parse(body, target)
    assert (pulls.metric, pulls.points) == (PULLS, (SignalPoint(398),))
    assert (stars.metric, stars.points) == (STARS, (SignalPoint(1),))


def test_another_repository_is_not_taken() -> None:
    """The answer says whose it is."""
    target = SOURCE.recognise(URL)
    assert target is not None
    with pytest.raises(LayoutChanged, match="asked for grimoirelab/perceval, and ollama/ollama came"):
        SOURCE.parse(b'{"namespace": "ollama", "name": "ollama", "pull_count": 1, "star_count": 1}', target)
