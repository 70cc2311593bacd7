"""Run a witness: ``python -m ledger.witness --folder DIR --name NAME --policy FILE --port N``.

With ``--show`` it makes the keys if there are none, prints what a policy file needs to know, and
ends. With ``--mldsa44`` it makes an ML-DSA-44 key too, if there is none, and signs with both from
then on. With ``--hand-over NEW NOTE`` it prints the succession (``ledger.succession``) in NOTE,
adds the witness's signatures to it, and ends: what its operator's hand does and no server. With
``--follow NEW NOTE`` it keeps a succession that the old trust has signed: from its size on the
witness goes by the policy NEW, and a running server need not be started again.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ledger import policy_file, succession_files
from ledger.note import Note, NoteError
from ledger.policy import PolicyError
from ledger.succession import Succession, SuccessionError, encode, propose, sign
from ledger.witness.keys import KeyFileError
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
    parser.add_argument(
        "--mldsa44", action="store_true", help="also sign with ML-DSA-44, now and ever after"
    )
    parser.add_argument("--show", action="store_true", help="print the public keys and end")
    parser.add_argument(
        "--hand-over",
        type=Path,
        nargs=2,
        metavar=("NEW", "NOTE"),
        help="sign the note that hands over from --policy to the policy file NEW, and end",
    )
    parser.add_argument(
        "--follow",
        type=Path,
        nargs=2,
        metavar=("NEW", "NOTE"),
        help="keep a succession that the old trust has signed, and end",
    )
    chosen = parser.parse_args(arguments)
    policy = chosen.policy or chosen.folder / "policy"
    settings = WitnessSettings(
        chosen.folder, chosen.name, policy, chosen.host, chosen.port, chosen.mldsa44
    )
    try:
        if chosen.show:
            sys.stdout.write(information(settings.keys()).decode())
        elif chosen.hand_over:
            sys.stdout.write(hand_over(settings, *chosen.hand_over))
        elif chosen.follow:
            new, note = (path.read_bytes() for path in chosen.follow)
            succession_files.add(settings.policy, new, note)
        else:
            serve(settings, lambda port: say(f"{settings.name} listens on port {port}"))
    except (KeyFileError, NoteError, OSError, PolicyError, SuccessionError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def hand_over(settings: WitnessSettings, new: Path, note: Path) -> str:
    """Add this witness's signature to a succession and return the text that it signed.

    Raises:
        SuccessionError: When the note is not of the two policies.
        PolicyError: When a policy file is malformed.
        NoteError: When the file holds no note.
    """
    old_policy = succession_files.read(settings.policy).newest
    new_policy = policy_file.parse(new.read_bytes())
    parsed = Note.parse(note.read_bytes())
    step = Succession.parse(parsed.text)
    if step != propose(old_policy, new_policy, step.origin, step.size, step.successor):
        raise SuccessionError("the succession is of other policies")
    keys = settings.keys()
    lines = (*parsed.signatures, *(sign(step, keys.name, key) for key in keys.signing))
    note.write_bytes(encode(step, lines))
    return step.body()


if __name__ == "__main__":
    sys.exit(main())
