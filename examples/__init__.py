"""Small programs that use the client library and nothing else of this project."""

import sys

from securechat.requirements_check import problem

__all__: list[str] = []

# Before an example imports the library: a person gets one sentence instead of a traceback.
_missing = problem()
if _missing:
    print(_missing, file=sys.stderr)
    sys.exit(2)
