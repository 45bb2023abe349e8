"""The engine against the library's own model, on small configs of every architecture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inference_probe.architecture import (
    Architecture,
    all_architectures,
    architecture,
    architecture_from,
    count_parameters,
)

torch = pytest.importorskip("torch", reason="torch is not installed: the local engine cannot run")
pytest.importorskip("transformers", reason="transformers is not installed: the local engine cannot be judged")

from inference_probe.local.attention import splits_for  # noqa: E402 - after the skips
from inference_probe.local.checks import TOLERANCE, Check, check, limit_of, refuse_wrong  # noqa: E402
from inference_probe.local.engine import (  # noqa: E402
    Engine,
    Options,
    attention_kinds,
    forget_compilations,
    out_of_memory,
    strict_compilation,
)
from inference_probe.local.reference import Expected, expected_answer, random_model  # noqa: E402
from inference_probe.local.tiny import tiny  # noqa: E402
from inference_probe.local.weights import Weights, take_over  # noqa: E402

SPREAD = 0.25
"""Wide enough that every mechanism shows in the logits: with 0.02 the embedding alone decides small models."""
PROMPT, NEW = 21, 12
"""Longer than the small window of 8, so that rings turn over in the prompt and again in the answer."""
CASES = [(shape.slug, kind) for shape in all_architectures() for kind in attention_kinds(shape)]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize(("slug", "kind"), CASES)
@pytest.mark.parametrize("batch", [1, 2])
def test_static_decode_equals_eager(slug: str, kind: str, batch: int) -> None:
    """The logits of every step from the static cache equal plain eager to float32's precision, the tokens exactly."""
    weights, expected = _built(slug)
    engine = Engine(weights, batch, PROMPT + NEW, Options(attention=kind))
    found = engine.follow(expected.prompt[:batch], expected.tokens[:batch])
    assert _error(found, expected.logits[:batch]) < 2e-5
    tokens, _ = engine.generate(expected.prompt[:batch], NEW)
    assert torch.equal(tokens, expected.tokens[:batch])


@pytest.mark.parametrize(("slug", "kind"), CASES)
@pytest.mark.parametrize("compiled", ["layer", "model"])
def test_every_architecture_compiles_whole(slug: str, kind: str, compiled: str) -> None:
    """A step traces without a break, and after the warm-up nothing is compiled again."""
    weights, expected = _built(slug)
    forget_compilations()
    engine = Engine(weights, 1, PROMPT + NEW, Options(attention=kind, compiled=compiled, backend="eager"))
    engine.warm_up(PROMPT)
    with strict_compilation():
        tokens, _ = engine.generate(expected.prompt[:1], NEW)
    assert torch.equal(tokens, expected.tokens[:1])


@pytest.mark.parametrize("slug", [shape.slug for shape in all_architectures()])
def test_the_small_model_keeps_the_mechanisms(slug: str) -> None:
    """Shrinking changes widths and leaves windows, caps, biases, norms, experts and latent attention in place."""
    shape, small = architecture(slug), tiny(architecture(slug))
    for name in ("family", "tied", "softcap", "final_softcap", "attention_bias", "qk_norm", "sinks", "sandwich_norms"):
        assert getattr(small, name) == getattr(shape, name), name
    assert [window is None for window in small.windows] == [window is None for window in shape.windows[: small.layers]]
    assert (small.experts is None, small.latent is None) == (shape.experts is None, shape.latent is None)


@pytest.mark.parametrize("slug", [shape.slug for shape in all_architectures()])
def test_the_engine_holds_exactly_the_models_weights(slug: str) -> None:
    """The built model has the parameters that the config gives, and none is lost or doubled when fused."""
    small = tiny(architecture(slug))
    weights, _ = _built(slug)
    held = {tensor.data_ptr(): tensor.numel() for tensor in _tensors(weights)}
    sink_copies = 0  # sinks and norms are held in float32 beside the model's own
    assert sum(held.values()) - sink_copies == count_parameters(small).total


def test_a_wrong_scale_is_found() -> None:
    """The check sees a scale that is 5% off, and refuses it."""
    weights, expected = _built("mistral-7b-v0.3", keep=True)
    for layer in weights.layers:
        layer.scale *= 1.05
    result = check(Engine(weights, 1, PROMPT + NEW), expected)
    assert result.logits_error > 10 * TOLERANCE[torch.float32]
    with pytest.raises(Exception, match="differ from plain eager"):
        refuse_wrong(result, limit_of(expected, torch.float32))


@pytest.mark.parametrize("slug", ["gpt-oss-20b", "gemma-2-9b", "ministral-8b-2410"])
def test_a_forgotten_window_is_found(slug: str) -> None:
    """The check sees windows that are left out."""
    weights, expected = _built(slug, keep=True)
    for layer in weights.layers:
        layer.window = None
    assert check(Engine(weights, 1, PROMPT + NEW), expected).logits_error > 0.1


def test_the_check_passes_what_is_right() -> None:
    """A right engine passes at any batch, the prompt repeated for each sequence."""
    weights, expected = _built("qwen3-8b")
    result = check(Engine(weights, 4, PROMPT + NEW), expected)
    refuse_wrong(result, limit_of(expected, torch.float32))
    assert result.tokens_agree == 1.0


def test_a_deep_model_in_bfloat16_is_judged_by_what_rounding_alone_does() -> None:
    """Sixteen layers of bfloat16 move the logits further than four; a right engine passes, a wrong scale does not."""
    shape = deep(architecture("mistral-7b-v0.3"), layers=16)
    model = random_model(shape, "cpu", torch.bfloat16, spread=0.12)
    before = [tensor.clone() for tensor in model.parameters()]
    expected = expected_answer(model, shape.vocabulary, batch=1, length=PROMPT, new=NEW)
    assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))
    limit = limit_of(expected, torch.bfloat16)
    assert 0.01 < expected.rounding < 0.2
    weights = take_over(model, shape)
    refuse_wrong(check(Engine(weights, 1, PROMPT + NEW), expected), limit)
    for layer in weights.layers:
        layer.scale *= 1.3
    with pytest.raises(Exception, match="differ from plain eager"):
        refuse_wrong(check(Engine(weights, 1, PROMPT + NEW), expected), limit)


def test_an_error_that_is_no_number_is_refused() -> None:
    """Logits that are not numbers never pass."""
    with pytest.raises(Exception, match="differ from plain eager"):
        refuse_wrong(Check(float("nan"), 1.0), 1e-4)


def test_rewinding_starts_again_at_the_same_place() -> None:
    """Steps from a rewound position give the same tokens again."""
    weights, expected = _built("llama-3.1-8b")
    engine = Engine(weights, 1, PROMPT + NEW)
    engine.prefill(expected.prompt[:1])
    first = int(engine.token[0])
    runs = []
    for _ in range(2):
        engine.rewind(PROMPT, first)
        tokens = []
        for _ in range(5):
            engine.step()
            tokens.append(int(engine.token[0]))
        runs.append(tokens)
    assert runs[0] == runs[1]


def test_a_long_cache_is_cut_into_equal_parts() -> None:
    """Parts are of equal length, of 64 positions at least, and enough to fill a device."""
    assert splits_for(8192, 8) == 16
    assert splits_for(640, 8) == 8
    assert splits_for(128, 512) == 1
    assert splits_for(33, 1) == 1


def test_a_device_without_memory_is_recognised() -> None:
    """Torch's own error and an allocator's text both mean out of memory."""
    assert out_of_memory(torch.OutOfMemoryError("x"))
    assert out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert not out_of_memory(RuntimeError("shape mismatch"))


@pytest.mark.slow
def test_generated_code_equals_eager_too() -> None:
    """With the real compiler on the processor, a windowed model with capped scores gives the same tokens."""
    weights, expected = _built("gemma-2-9b")
    forget_compilations()
    engine = Engine(weights, 1, PROMPT + NEW, Options(attention="split", compiled="layer"))
    engine.warm_up(PROMPT)
    tokens, logits = engine.generate(expected.prompt[:1], NEW)
    assert torch.equal(tokens, expected.tokens[:1])
    assert _error(logits, expected.logits[:1]) < 2e-5


def deep(shape: Architecture, layers: int) -> Architecture:
    """A small `shape` with more layers."""
    named = {"name": shape.name, "vendor": shape.vendor, "repository": shape.repository, "parameters": 0}
    blank = architecture_from("deep", {**named, "config": {**tiny(shape).config, "num_hidden_layers": layers}})
    return replace(blank, published=count_parameters(blank).total)


_KEPT: dict[str, tuple[Weights, Expected]] = {}


def _built(slug: str, *, keep: bool = False) -> tuple[Weights, Expected]:
    """A small model's weights and its answers; built once a slug, afresh with `keep` for tests that change it."""
    if keep or slug not in _KEPT:
        shape = tiny(architecture(slug))
        model = random_model(shape, "cpu", torch.float32, spread=SPREAD)
        expected = expected_answer(model, shape.vocabulary, batch=2, length=PROMPT, new=NEW)
        built = take_over(model, shape), expected
        if keep:
            return built
        _KEPT[slug] = built
    return _KEPT[slug]


def _error(found: Any, wanted: Any) -> float:
    return float((found - wanted).norm() / wanted.norm())


def _tensors(part: object) -> list[Any]:
    """Every tensor of the weights that is a parameter of the model."""
    if torch.is_tensor(part):
        return [part]
    if isinstance(part, list):
        return [tensor for one in part for tensor in _tensors(one)]
    names = getattr(type(part), "__slots__", ()) if type(part).__module__.endswith("local.weights") else ()
    return [tensor for name in names if name != "frequencies" for tensor in _tensors(getattr(part, name))]
