"""Colours, shapes, pictures and fonts of everything in the window."""
