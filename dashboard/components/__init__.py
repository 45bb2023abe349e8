"""Pieces of a page: filters, tables, the evidence, the words around a figure."""
