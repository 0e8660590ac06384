"""Start a Secure Chat server: `python server.py`. Every option is in `--help`."""

import sys

from securechat.requirements_check import problem


def main(arguments: "list[str]") -> int:  # readable for the oldest Python 3, which gets a sentence instead
    """Options -> server -> console -> run until told to stop. Returns the exit code."""
    missing = problem()
    if missing:
        print(missing, file=sys.stderr)
        return 2
    from securechat.server.command_line import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
