"""Reads archived answers again with today's parsers and loads what is new, without any network."""

from __future__ import annotations
