"""Run a witness: ``python -m ledger.witness --folder DIR --name NAME --policy FILE --port N``.

With ``--show`` it makes the keys if there are none, prints what a policy file needs to know, and
ends.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ledger.witness.keys import KeyFileError, load_or_create
from ledger.witness.server import WitnessSettings, information, serve

SAY: Final = partial(print, flush=True)
"""Prints a line at once, also into a pipe."""


def main(arguments: list[str] | None = None, say: Callable[[str], None] = SAY) -> int:
    """Run the command, tell on which port it listens, and return the exit status."""
    parser = argparse.ArgumentParser(prog="ledger.witness", description="Run a witness of a log.")
    parser.add_argument("--folder", type=Path, required=True, help="its own folder: keys and state")
    parser.add_argument("--name", required=True, help="its key name, e.g. witness.customs.example")
    parser.add_argument("--policy", type=Path, help="policy file that names the log")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--show", action="store_true", help="print the public keys and end")
    chosen = parser.parse_args(arguments)
    policy = chosen.policy or chosen.folder / "policy"
    settings = WitnessSettings(chosen.folder, chosen.name, policy, chosen.host, chosen.port)
    try:
        if chosen.show:
            keys = load_or_create(settings.folder, settings.name)
            sys.stdout.write(information(keys).decode())
        else:
            serve(settings, lambda port: say(f"{settings.name} listens on port {port}"))
    except (KeyFileError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
