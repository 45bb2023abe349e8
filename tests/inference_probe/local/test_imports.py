"""What a bare GPU machine has is enough for the local engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOT_THERE = ("httpx", "pydantic", "pydantic_settings", "polars", "msgspec", "scrapy", "rich", "typer")


def test_the_engine_starts_without_the_other_libraries() -> None:
    """With every other library out of reach the commands load, and importing them loads no torch."""
    code = f"""
import sys
for name in {NOT_THERE!r}: sys.modules[name] = None
import inference_probe.local.commands
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_engines_own_files_import_torch_transformers_and_the_standard_library() -> None:
    """Each file of `local/`, and each of ours that it imports, needs nothing else."""
    waiting = list((ROOT / "inference_probe" / "local").glob("*.py"))
    seen: set[Path] = set()
    allowed = set(sys.stdlib_module_names) | {"torch", "triton", "transformers", "inference_probe", "essor"}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imported(path):
            assert name.split(".")[0] in allowed, f"{path.name} imports {name}"
            assert not name.startswith("essor.") or name.startswith("essor.model"), f"{path.name} imports {name}"
            waiting += [file for file in [ROOT / (name.replace(".", "/") + ".py")] if file.exists()]
    assert len(seen) > 10


def test_without_torch_every_case_is_skipped_with_the_reason(tmp_path: Path) -> None:
    """On a machine without torch each case is a recorded result that says so."""
    out = tmp_path / "lines.jsonl"
    code = f"""
import sys, importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in ("torch", "transformers") else find(name, *more)
from inference_probe.local.commands import main
sys.exit(main(["--models", "qwen3-8b", "--cases", "1x512,8x512", "--out", {str(out)!r}]))
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    lines = out.read_text().splitlines()
    assert len(lines) == 2
    assert all('"outcome": "skipped"' in line and "not installed: torch" in line for line in lines)


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {
                f"{node.module}.{alias.name}" for alias in node.names if node.module == "inference_probe"
            }
    return found
