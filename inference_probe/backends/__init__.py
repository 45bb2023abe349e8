"""One file a way to reach a model; the folder is the registry."""
