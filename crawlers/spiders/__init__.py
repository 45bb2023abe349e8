"""The spiders: what to ask, in what order, and when to ask again."""
