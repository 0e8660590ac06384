"""A bot that answers "!echo something" in the lobby with "echo: something".

python -m examples.echo_bot JOIN_LINK --name echo [--register]; the password: from CHAT_PASSWORD, or asked for.
"""

import argparse
import os
from getpass import getpass

from securechat.client import ChatClient, explain
from securechat.client.events import ConnectionState, MessageShown, StateChanged
from securechat.errors import ChatError


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers !echo in the lobby.")
    parser.add_argument("server", help="a join link, which also says whom to trust")
    parser.add_argument("--name", default="echo")
    parser.add_argument("--register", action="store_true")
    options = parser.parse_args()
    try:
        password = os.environ.get("CHAT_PASSWORD") or getpass()
        with ChatClient() as client:
            events = client.events()
            client.connect(options.server, options.name, password, register=options.register)
            print(f"{client.username} is in {client.server_name}. Ctrl+C ends it.", flush=True)
            for event in events:
                match event:
                    case MessageShown(message) if message.text.startswith("!echo ") and not message.mine:
                        client.send(f"echo: {message.text.removeprefix('!echo ')}")
                    case StateChanged(ConnectionState.ENDED, reason):
                        raise SystemExit(reason)
    except (ChatError, EOFError, KeyboardInterrupt) as error:
        raise SystemExit(explain(error) if isinstance(error, ChatError) else "") from None


if __name__ == "__main__":
    main()
