"""Questions to the warehouse, each a function that returns a frame."""
