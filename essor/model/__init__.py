"""The words of the trade, as frozen types of the standard library alone."""
