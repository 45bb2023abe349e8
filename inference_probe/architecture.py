"""The exact architectures of the open models, read from `models/*.toml`, and their parameters counted."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from essor.model.errors import SettingsError

QK_NORM = {"qwen3"}
"""Families that normalise each head of queries and keys."""
QKV_BIAS = {"qwen2"}
"""Families whose query, key and value projections have a bias without saying so in the config."""
SANDWICH_NORMS = {"gemma2"}
"""Families that normalise after attention and feed-forward too."""


@dataclass(frozen=True, slots=True)
class Experts:
    """The experts of a mixture."""

    routed: int
    """Experts a token may be sent to."""
    chosen: int
    """Experts it is sent to."""
    shared: int
    """Experts that every token passes."""
    width: int
    """Inner width of one expert."""
    first_layer: int
    """The first layer that has them; the layers before are dense."""
    biased: bool
    """Whether router and experts have biases."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Latent attention (MLA): keys and values kept as one compressed vector."""

    rank: int
    """Width of the compressed vector."""
    nope: int
    """Width of a head's part without position."""
    rope: int
    """Width of a head's part with position."""
    value: int
    """Width of a head's value."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What decides the shape, the size and the speed of a model."""

    slug: str
    """The file's name, as in ``"mistral-7b-v0.3"``."""
    name: str
    """Its usual name in text."""
    vendor: str
    """Who published it."""
    repository: str
    """Where its config was read, on Hugging Face."""
    also: tuple[str, ...]
    """Other models of exactly this architecture."""
    published: int
    """Parameters that the counting must give."""
    family: str
    """The config's ``model_type``."""
    hidden: int
    """Width of the residual stream."""
    layers: int
    """Layers."""
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads."""
    head_dim: int
    """Width of a head."""
    intermediate: int
    """Inner width of a dense feed-forward layer."""
    vocabulary: int
    """Tokens it knows."""
    tied: bool
    """Whether the embedding serves as output matrix too."""
    windows: tuple[int | None, ...]
    """For each layer how many positions it sees; None for all."""
    softcap: float | None
    """Cap of the attention scores."""
    final_softcap: float | None
    """Cap of the logits."""
    attention_bias: bool
    """Whether all four projections of attention have a bias."""
    experts: Experts | None
    """The mixture; None for a dense model."""
    latent: Latent | None
    """Latent attention; None for grouped-query attention."""
    config: dict[str, Any]
    """The config in the library's own names, `layer_types` written out."""

    @property
    def qk_norm(self) -> bool:
        """Whether each head of queries and keys is normalised."""
        return self.family in QK_NORM

    @property
    def qkv_bias(self) -> bool:
        """Whether the query, key and value projections have a bias."""
        return self.attention_bias or self.family in QKV_BIAS

    @property
    def sinks(self) -> bool:
        """Whether each head has an attention sink."""
        return self.family == "gpt_oss"

    @property
    def sandwich_norms(self) -> bool:
        """Whether attention and feed-forward are normalised after as well as before."""
        return self.family in SANDWICH_NORMS


@dataclass(frozen=True, slots=True)
class Parameters:
    """A model's parameters, by what reads them."""

    embedding: int
    """The embedding, of which a token reads one row."""
    output: int
    """The output matrix; 0 when the embedding serves."""
    layers: int
    """All layers and the last norm."""
    active_layers: int
    """What one token reads of them: all of a dense model, the chosen experts of a mixture."""
    matrices: int
    """Matrix weights that one token is multiplied with in the layers, biases and norms left out."""

    @property
    def total(self) -> int:
        """All parameters."""
        return self.embedding + self.output + self.layers

    @property
    def stored(self) -> int:
        """What stands in memory and is read by a long prompt: all but an embedding that is only looked up."""
        return self.layers + (self.output or self.embedding)

    @property
    def active(self) -> int:
        """What one decode step at batch 1 reads."""
        return self.active_layers + (self.output or self.embedding)


def count_parameters(shape: Architecture) -> Parameters:
    """Every parameter of `shape`, from its config alone."""
    attention = _latent_matrices(shape, shape.latent) if shape.latent else _grouped_matrices(shape)
    norms = _attention_extras(shape)
    dense, mixed = _dense_layers(shape), shape.layers - _dense_layers(shape)
    feed = 3 * shape.hidden * shape.intermediate
    held, read, multiplied = _experts(shape, shape.experts) if shape.experts else (0, 0, 0)
    table = shape.vocabulary * shape.hidden
    common = shape.layers * (attention + norms) + dense * feed + shape.hidden
    return Parameters(
        embedding=table,
        output=0 if shape.tied else table,
        layers=common + mixed * held,
        active_layers=common + mixed * read,
        matrices=shape.layers * attention + dense * feed + mixed * multiplied,
    )


def cache_values(shape: Architecture, layer: int, positions: int) -> int:
    """Numbers that `layer` keeps for one sequence of `positions` tokens."""
    window = shape.windows[layer]
    kept = positions if window is None else min(window, positions)
    width = shape.latent.rank + shape.latent.rope if shape.latent else 2 * shape.kv_heads * shape.head_dim
    return kept * width


def read_architecture(slug: str, text: str) -> Architecture:
    """The architecture that a file of `models/` describes. Raises SettingsError naming the file and field."""
    try:
        shape = architecture_from(slug, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"models/{slug}.toml cannot be read: {error!r}. Compare it with mistral-7b-v0.3.toml."
        ) from error
    counted = count_parameters(shape).total
    if counted != shape.published:
        raise SettingsError(f"models/{slug}.toml: its config has {counted:,} parameters, it says {shape.published:,}.")
    return shape


def all_architectures() -> tuple[Architecture, ...]:
    """Every architecture of `models/`, by slug."""
    folder = files("inference_probe") / "models"
    texts = [
        (item.name.removesuffix(".toml"), item.read_text("utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".toml")
    ]
    return tuple(read_architecture(slug, text) for slug, text in sorted(texts))


def architecture(name: str) -> Architecture:
    """The architecture called `name`: a slug, another model of the same shape, or a path to a TOML file."""
    if name.endswith(".toml") and Path(name).is_file():
        return read_architecture(Path(name).stem, Path(name).read_text("utf-8"))
    known = all_architectures()
    for shape in known:
        if name in (shape.slug, *shape.also):
            return shape
    raise SettingsError(f"No model {name!r}. Known: {', '.join(shape.slug for shape in known)}.")


def architecture_from(slug: str, data: dict[str, Any]) -> Architecture:
    """The architecture that the tables of one file describe, its parameters not yet counted."""
    config = _whole_config(data)
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    return Architecture(
        slug=slug,
        name=data["name"],
        vendor=data["vendor"],
        repository=data["repository"],
        also=tuple(data.get("also", ())),
        published=data["parameters"],
        family=config["model_type"],
        hidden=hidden,
        layers=config["num_hidden_layers"],
        heads=heads,
        kv_heads=config["num_key_value_heads"],
        head_dim=config.get("head_dim") or hidden // heads,
        intermediate=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        tied=config["tie_word_embeddings"],
        windows=_windows(config),
        softcap=config.get("attn_logit_softcapping"),
        final_softcap=config.get("final_logit_softcapping"),
        attention_bias=config.get("attention_bias", False),
        experts=_expert_shape(config),
        latent=_latent_shape(config),
        config=config,
    )


def _whole_config(data: dict[str, Any]) -> dict[str, Any]:
    config = {**data["config"], **dict.fromkeys(data.get("nulls", ()))}
    pattern = data.get("layer_pattern")
    if pattern:
        config["layer_types"] = [pattern[i % len(pattern)] for i in range(config["num_hidden_layers"])]
    return config


def _windows(config: dict[str, Any]) -> tuple[int | None, ...]:
    kinds = config.get("layer_types") or ["full_attention"] * config["num_hidden_layers"]
    return tuple(config["sliding_window"] if kind == "sliding_attention" else None for kind in kinds)


def _expert_shape(config: dict[str, Any]) -> Experts | None:
    if "num_local_experts" in config:
        return Experts(
            config["num_local_experts"], config["num_experts_per_tok"], 0, config["intermediate_size"], 0, True
        )
    if "n_routed_experts" in config:
        return Experts(
            config["n_routed_experts"],
            config["num_experts_per_tok"],
            config["n_shared_experts"],
            config["moe_intermediate_size"],
            config["first_k_dense_replace"],
            False,
        )
    return None


def _latent_shape(config: dict[str, Any]) -> Latent | None:
    if "kv_lora_rank" not in config:
        return None
    return Latent(config["kv_lora_rank"], config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"])


def _dense_layers(shape: Architecture) -> int:
    return shape.experts.first_layer if shape.experts else shape.layers


def _grouped_matrices(shape: Architecture) -> int:
    return shape.hidden * shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)


def _latent_matrices(shape: Architecture, latent: Latent) -> int:
    queries = shape.hidden * shape.heads * (latent.nope + latent.rope)
    down = shape.hidden * (latent.rank + latent.rope)
    up = latent.rank * shape.heads * (latent.nope + latent.value)
    return queries + down + up + shape.heads * latent.value * shape.hidden


def _attention_extras(shape: Architecture) -> int:
    norms = shape.hidden * (4 if shape.sandwich_norms else 2) + (2 * shape.head_dim if shape.qk_norm else 0)
    biases = shape.head_dim * (shape.heads + 2 * shape.kv_heads) if shape.qkv_bias else 0
    output_bias = shape.hidden if shape.attention_bias else 0
    latent_norm = shape.latent.rank if shape.latent else 0
    return norms + biases + output_bias + latent_norm + (shape.heads if shape.sinks else 0)


def _experts(shape: Architecture, experts: Experts) -> tuple[int, int, int]:
    """Parameters of one mixed layer: held, read by one token, multiplied with by one token."""
    one = 3 * shape.hidden * experts.width
    bias = 2 * experts.width + shape.hidden if experts.biased else 0
    router = shape.hidden * experts.routed
    always = router + experts.shared * one + (experts.routed if experts.biased else 0)
    multiplied = router + (experts.shared + experts.chosen) * one
    return always + experts.routed * (one + bias), always + experts.chosen * (one + bias), multiplied
