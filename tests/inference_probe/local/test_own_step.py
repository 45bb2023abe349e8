"""The engine's own kernels, run by Triton's interpreter on a processor, against the library's own model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference_probe.architecture import all_architectures

pytest.importorskip("torch", reason="torch is not installed: the local engine cannot run")
pytest.importorskip("transformers", reason="transformers is not installed: the local engine cannot be judged")
pytest.importorskip("triton", reason="triton is not installed: the engine's own kernels cannot run")

ROOT = Path(__file__).resolve().parents[3]
INTERPRETED = """
import sys
import torch
from inference_probe.architecture import architecture
from inference_probe.local import own_step
from inference_probe.local.engine import Engine, Options
from inference_probe.local.reference import expected_answer, random_model
from inference_probe.local.tiny import tiny
from inference_probe.local.weights import take_over

torch.set_num_threads(1)
# few programs, each is interpreted; the second tile is the faster one, for there is no device to time
own_step.TILES = (own_step.Tile(64, 64, 1), own_step.Tile(128, 32, 1))
own_step._graph_times = lambda launches, tile: [tile.part for launch in launches]
for slug in sys.argv[1:]:
    shape = tiny(architecture(slug))
    model = random_model(shape, "cpu", torch.float32, spread=0.25)
    expected = expected_answer(model, shape.vocabulary, batch=1, length=21, new=4)
    engine = Engine(take_over(model, shape), 1, 25, Options(attention="own"))
    engine._advance.tune()
    assert set(own_step._FASTEST.values()) == {own_step.TILES[1]}
    found = engine.follow(expected.prompt, expected.tokens)
    print(slug, float((found - expected.logits).norm() / expected.logits.norm()))
"""


@pytest.mark.slow
def test_the_kernels_equal_eager_for_every_architecture_they_fit() -> None:
    """Norms, biases, gates, caps, sinks, windows and experts: the logits of each step equal plain eager's."""
    slugs = [shape.slug for shape in all_architectures() if shape.latent is None]
    command = [sys.executable, "-W", "ignore", "-c", INTERPRETED, *slugs]
    # Triton reads this when it is imported, so another process has to
    said = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr[-2000:]
    errors = dict(line.split() for line in said.stdout.splitlines())
    assert list(errors) == slugs
    assert all(float(error) < 2e-5 for error in errors.values()), errors
