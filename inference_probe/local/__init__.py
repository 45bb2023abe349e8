"""Run the open models on this machine's device: torch, transformers and the standard library, nothing else."""
