"""Landed lines to typed frames, with what breaks a rule set aside."""
