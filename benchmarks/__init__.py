"""Figures that the documents quote, each printed by one program. Nothing here is a test."""
