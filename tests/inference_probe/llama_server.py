"""A second real server on the processor: llama-cpp-python's, with a tiny Llama written as GGUF on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.inference_probe.tiny_server import wait_for
from tests.ports import free_port

WIDTH, LAYERS, HEADS, KV_HEADS, INNER, CONTEXT = 64, 2, 4, 2, 128, 512
WORDS = ("▁le", "▁vent", "▁se", "▁lève", "▁il", "▁faut", "▁tenter", "▁de", "▁vivre", "▁the", "▁a", "▁text")
TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def make_gguf(path: Path) -> Path:
    """A Llama of 2 layers of width 64 with random weights, and a vocabulary of bytes and a few words."""
    import gguf

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    size = _add_vocabulary(writer)
    writer.add_vocab_size(size)
    _add_weights(writer, size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """llama-cpp-python's server for a GGUF file; gives the base URL once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    options = ["--port", str(port), "--n_ctx", str(CONTEXT), "--n_threads", "1"]
    with model.with_suffix(".log").open("w") as log:
        server = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=dict(os.environ))
        try:
            wait_for(f"http://127.0.0.1:{port}/v1/models", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(timeout=60)


def _add_vocabulary(writer: object) -> int:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *WORDS]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * len(WORDS)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [-float(number) for number in range(len(WORDS))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    return len(tokens)


def _add_weights(writer: object, size: int) -> None:
    import numpy as np

    random = np.random.default_rng(0)
    key = WIDTH // HEADS * KV_HEADS
    layer = {
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (key, WIDTH),
        "attn_v": (key, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH),
        "ffn_down": (WIDTH, INNER),
    }
    shapes = {f"blk.{number}.{name}": shape for number in range(LAYERS) for name, shape in layer.items()}
    shapes |= {"token_embd": (size, WIDTH), "output": (size, WIDTH)}
    norms = ["output_norm", *(f"blk.{n}.{name}" for n in range(LAYERS) for name in ("attn_norm", "ffn_norm"))]
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.1, shape).astype(np.float32))
    for name in norms:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, dtype=np.float32))
