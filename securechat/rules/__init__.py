"""Pure decisions that client and server share: no key, no clock, no thread, no I/O."""

__all__: list[str] = []
