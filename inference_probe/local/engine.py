"""The engine: a static cache, compiled blocks and, on a GPU, one captured graph a step."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from essor.model.errors import ProbeError
from inference_probe.architecture import Architecture
from inference_probe.local.forward import (
    Store,
    last_logits,
    new_stores,
    prompt_block,
    prompt_forward,
    rotary_tables,
    step_block,
    step_forward,
    step_pass,
)
from inference_probe.local.weights import Weights

ROUNDING = 128
"""Cache slots are a multiple of this, so that attention can be cut into equal parts."""
OWN = ("chained", "own")
"""Steps made of our own kernels, each started before the one ahead has ended, or after it."""
WARM_UP = 3
"""Steps before a capture: compilation, tuning and lazy set-up happen in them."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the engine runs."""

    attention: str = "packed"
    """How a step is made: of our own kernels (``"chained"`` or ``"own"``), or of the library's with ``"packed"`` or
    ``"split"`` attention.
    """
    compiled: str = "none"
    """What is compiled: ``"model"`` (a whole step), ``"layer"`` (each kind of layer once) or ``"none"``."""
    backend: str = "inductor"
    """The compiler's backend; tests use ``"eager"``, which traces without generating code."""
    captured: bool = True
    """Whether a step is captured as a device graph; a processor has none."""


class Engine:
    """A model ready to answer `batch` sequences of at most `slots` positions each."""

    def __init__(self, weights: Weights, batch: int, slots: int, options: Options | None = None) -> None:
        self.weights = weights
        self.options = options or Options()
        device = weights.embedding.device
        self.slots = -(-slots // ROUNDING) * ROUNDING
        self.stores: list[Store] = new_stores(weights, batch, self.slots)
        self.tables = rotary_tables(weights, self.slots)
        self.token = torch.zeros(batch, dtype=torch.long, device=device)
        self.position = torch.zeros(1, dtype=torch.long, device=device)
        self.logits = torch.zeros(batch, weights.output.shape[0], dtype=weights.output.dtype, device=device)
        whole = self.options.compiled != "none"
        self._prompt_block = compiled(prompt_block, self.options.backend) if whole else prompt_block
        self._tuned = batch == 1
        self._advance = self._make_advance()
        self._replay: Callable[[], None] | None = None

    @property
    def captured(self) -> bool:
        """Whether steps replay a captured graph."""
        return self._replay is not None

    def prefill(self, ids: torch.Tensor, *, plain: bool = False) -> torch.Tensor:
        """Read a prompt [batch, T]; the first new token stands in `token`. Returns its logits [batch, vocabulary].

        `plain` does it without compiled code: compiling pays for a length that comes often.
        """
        block = prompt_block if plain else self._prompt_block
        with torch.inference_mode():
            logits = prompt_forward(self.weights, self.stores, ids, self.tables, block)
            self.token.copy_(logits.argmax(-1))
            self.position.fill_(ids.shape[1])
        return logits

    def step(self) -> None:
        """Decode one token: `token` goes in, the next comes out in its place. Nothing is waited for."""
        if self._replay is not None:
            self._replay()
            return
        with torch.inference_mode():
            self._advance()

    def rewind(self, position: int, token: int = 0) -> None:
        """Stand at `position` again; what the cache holds beyond it is overwritten as steps come."""
        self.position.fill_(position)
        self.token.fill_(token)

    def generate(self, ids: torch.Tensor, new: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Greedy tokens [batch, new] and the logits they were chosen from, float32 [batch, new, vocabulary]."""
        logits = [self.prefill(ids, plain=True).float()]
        tokens = [self.token.clone()]
        for _ in range(new - 1):
            self.step()
            tokens.append(self.token.clone())
            logits.append(self.logits.float().clone())
        return torch.stack(tokens, 1), torch.stack(logits, 1)

    def follow(self, ids: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """The logits when `tokens` are forced, float32 [batch, new, vocabulary]: two engines compared step by step."""
        logits = [self.prefill(ids, plain=True).float()]
        for index in range(tokens.shape[1] - 1):
            self.token.copy_(tokens[:, index])
            self.step()
            logits.append(self.logits.float().clone())
        return torch.stack(logits, 1)

    def warm_up(self, position: int) -> None:
        """Compile at `position`, then, on a GPU, capture a step. Raises ProbeError if that falls back to eager."""
        with torch.inference_mode():
            for _ in range(WARM_UP):
                self.rewind(position)
                self._advance()
        if self.options.captured and self.token.is_cuda:
            self._replay = self._capture(position)
        self.rewind(position)

    def _make_advance(self) -> Callable[[], None]:
        if self.options.attention in OWN:
            return self._own_step()
        block, head = step_block, last_logits
        if self.options.compiled == "layer":
            parts = (step_block, last_logits)
            block, head = (compiled(part, self.options.backend, tuned=self._tuned) for part in parts)

        def advance() -> None:
            now = step_pass(self.weights, self.position, self.tables, self.options.attention)
            logits = step_forward(self.weights, self.stores, self.token, now, block=block, head=head)
            self.logits.copy_(logits)
            self.token.copy_(logits.argmax(-1))
            self.position.add_(1)

        whole = self.options.compiled == "model"
        return compiled(advance, self.options.backend, tuned=self._tuned) if whole else advance

    def _own_step(self) -> Callable[[], None]:
        from inference_probe.local.own_step import OwnStep  # needs Triton, which a processor's torch comes without

        place = (self.token, self.position, self.logits)
        chained = self.options.attention == "chained"
        step = OwnStep(self.weights, self.stores, self.tables, place, chained=chained)
        if self.token.is_cuda:
            step.tune()
        return step

    def _capture(self, position: int) -> Callable[[], None]:
        """One step as a device graph; whatever would not be part of it (a copy to the host, a recompilation) raises."""
        self.rewind(position)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side), torch.inference_mode(), strict_compilation():
            self._advance()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), strict_compilation(), torch.cuda.graph(graph):
            self._advance()
        replay: Callable[[], None] = graph.replay
        return replay


class strict_compilation:  # noqa: N801 - reads as the statement it is
    """While it holds, a recompilation is an error and never a silent fall-back to eager."""

    def __enter__(self) -> None:
        """Make recompilations errors."""
        config = _dynamo_config()
        self._before = config.error_on_recompile
        config.error_on_recompile = True

    def __exit__(self, *_: object) -> None:
        """Leave it as it was."""
        _dynamo_config().error_on_recompile = self._before


def compiled(function: Any, backend: str = "inductor", *, tuned: bool = False) -> Any:  # noqa: ANN401 - a function as it came
    """`function` compiled whole: a graph break raises, and so does reaching the limit of recompilations.

    `tuned` searches for the fastest form of each generated kernel. It pays at batch 1, where products with a matrix are
    such kernels (without it they are the library's), and takes a minute.
    """
    config = _dynamo_config()
    if hasattr(config, "fail_on_recompile_limit_hit"):
        config.fail_on_recompile_limit_hit = True
    tuned = tuned and backend == "inductor" and torch.cuda.is_available()
    options = {"coordinate_descent_tuning": True} if tuned else None
    return torch.compile(function, fullgraph=True, dynamic=False, backend=backend, options=options)


def forget_compilations() -> None:
    """Drop what was compiled for another batch or context, so that the next case cannot count as a recompilation."""
    torch._dynamo.reset()  # noqa: SLF001 - the library's documented name for it is torch.compiler.reset, added later


def attention_kinds(shape: Architecture) -> tuple[str, ...]:
    """The decode attentions that fit `shape`: capped scores and sinks need the split one."""
    return ("split",) if shape.softcap or shape.sinks else ("packed", "split")


def own_kinds(shape: Architecture, batch: int, device: str) -> tuple[str, ...]:
    """The steps of our own kernels that fit: for one sequence on a GPU, keys and values kept by head."""
    fit = batch == 1 and shape.latent is None and device.startswith("cuda")
    return OWN if fit and importlib.util.find_spec("triton") else ()


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the device has too little memory."""
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error).lower()


def _dynamo_config() -> Any:  # noqa: ANN401 - a module of settings
    from torch._dynamo import config

    if not hasattr(config, "error_on_recompile"):
        raise ProbeError("This torch cannot make recompilation an error; torch 2.6 or later can.")
    return config
