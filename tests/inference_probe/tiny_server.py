"""A real server on the processor: `transformers serve` with a tiny Mistral made on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ports import free_port

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def make_model(folder: Path) -> Path:
    """A Mistral of 2 layers of width 64 with random weights and a tokenizer trained on a few sentences."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<pad>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=512, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(
        ["Le vent se lève, il faut tenter de vivre.", "Count from one to five."] * 50, trainer
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = MistralConfig(
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=128,
        vocab_size=len(fast),
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
        max_position_embeddings=2048,
    )
    MistralForCausalLM(config).save_pretrained(folder)
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """`transformers serve` for the model in `folder`; gives the base URL once it answers."""
    cache = folder / "hub"
    cache.mkdir(exist_ok=True)
    port = free_port()
    program = str(Path(sys.executable).with_name("transformers"))
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(cache)}
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen([program, "serve", str(folder), *options], env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(timeout=60)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers, for minutes where the machine is busy."""
    for _ in range(900):
        if server.poll() is not None:
            raise RuntimeError("the server ended before it answered; see its log")
        try:
            urlopen(url, timeout=20).read()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server did not answer within three minutes")
