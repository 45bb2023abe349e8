"""One file a store: what the local replica must know to answer in that store's manner, faults included."""
