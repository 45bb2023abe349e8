"""How an alert reaches people: one file a channel."""
