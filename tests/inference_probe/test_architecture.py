"""The architectures and their counted parameters."""

from __future__ import annotations

import pytest

from essor.model.errors import SettingsError
from inference_probe.architecture import (
    all_architectures,
    architecture,
    cache_values,
    count_parameters,
    read_architecture,
)

PUBLISHED = {
    "mistral-7b-v0.3": 7_248_023_552,
    "ministral-8b-2410": 8_019_808_256,
    "mistral-nemo-12b": 12_247_782_400,
    "mistral-small-24b": 23_572_403_200,
    "llama-3.1-8b": 8_030_261_248,
    "qwen2.5-7b": 7_615_616_512,
    "qwen3-8b": 8_190_735_360,
    "gemma-2-9b": 9_241_705_984,
    "gpt-oss-20b": 20_914_757_184,
    "deepseek-v2-lite": 15_706_484_224,
}


@pytest.mark.parametrize("slug", PUBLISHED)
def test_parameters_counted_from_the_config_are_those_published(slug: str) -> None:
    """The parameters counted from a config equal the published number exactly."""
    assert count_parameters(architecture(slug)).total == PUBLISHED[slug]


def test_every_file_is_in_the_table() -> None:
    """Every file of `models/` is one of the ten architectures of the reference."""
    assert {shape.slug for shape in all_architectures()} == set(PUBLISHED)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("deepseek-r1-distill-llama-8b", "llama-3.1-8b"), ("deepseek-r1-distill-qwen-7b", "qwen2.5-7b")],
)
def test_a_model_of_the_same_shape_is_found_by_its_own_name(name: str, slug: str) -> None:
    """A distilled model leads to the architecture it shares."""
    assert architecture(name).slug == slug


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    """An unknown name is refused with a text that lists what can be typed."""
    with pytest.raises(SettingsError, match=r"mistral-7b-v0\.3"):
        architecture("mistral-8x7b")


def test_a_config_that_does_not_give_its_parameters_is_refused() -> None:
    """A file whose config does not have the parameters it states is refused."""
    text = _text("mistral-7b-v0.3").replace("num_hidden_layers = 32", "num_hidden_layers = 31")
    with pytest.raises(SettingsError, match="it says"):
        read_architecture("wrong", text)


def test_a_file_without_a_field_is_refused_by_name() -> None:
    """A file that lacks a field is refused with the file's and the field's name."""
    text = _text("mistral-7b-v0.3").replace("vocab_size = 32768", "")
    with pytest.raises(SettingsError, match=r"wrong\.toml.*vocab_size"):
        read_architecture("wrong", text)


def test_a_windowed_layer_keeps_no_more_than_its_window() -> None:
    """gpt-oss keeps 128 positions on its even layers and all of them on the others."""
    shape = architecture("gpt-oss-20b")
    assert cache_values(shape, 0, 8192) == 128 * 2 * 8 * 64
    assert cache_values(shape, 1, 8192) == 8192 * 2 * 8 * 64


def test_latent_attention_keeps_one_compressed_vector() -> None:
    """DeepSeek-V2-Lite keeps 512 + 64 numbers a position, whatever its heads."""
    assert cache_values(architecture("deepseek-v2-lite"), 0, 10) == 10 * 576


def test_the_active_part_of_a_mixture_is_small() -> None:
    """A token of DeepSeek-V2-Lite reads about a sixth of its weights."""
    counted = count_parameters(architecture("deepseek-v2-lite"))
    assert counted.active / counted.total == pytest.approx(0.156, abs=0.001)


def _text(slug: str) -> str:
    from importlib.resources import files

    return (files("inference_probe") / "models" / f"{slug}.toml").read_text("utf-8")
