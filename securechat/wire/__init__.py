"""Bytes and objects, and nothing else: limits, codec, frames, messages, objects of docs/protocol.md.

Pure: no socket, no thread, no clock, no key. Whatever is decoded here has been checked for form, never for truth.
"""

__all__: list[str] = []
