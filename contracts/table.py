# ruff: noqa: INP001  # a script beside the sources, no package
"""Write the table of the contract's functions into `contracts/README.md`.

Source of the rule: LEDGER 0.7 and STYLE 8: function, role, precondition, event, reason and gas.
Preconditions and reasons are read from the sources, gas from the snapshot; only the role is said
here, since it is words.

    python contracts/table.py            writes the table
    python contracts/table.py --check    exits 1 if it is stale
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCES: Final = Path(__file__).resolve().parent
README: Final = SOURCES / "README.md"
GAS: Final = SOURCES.parent / "tests" / "bench" / "gas.json"
BEGIN: Final = "<!-- table: python contracts/table.py -->"
END: Final = "<!-- end of table -->"

ROLES: Final = {
    "issue": "issuer n",
    "transfer": "holder, with the taker's consent",
    "surrender": "holder who is owner",
    "accept_surrender": "the title's issuer",
    "reject_surrender": "the title's issuer",
    "release": "the title's issuer",
    "order": "the title's issuer",
    "revoke_order": "the order's issuer",
    "collect": "the order's terminal",
    "nullify": "terminal n",
    "hold": "authority b",
    "unhold": "authority b",
    "satisfy": "keeper of gate b",
    "satisfy_many": "keeper of gate b",
    "unsatisfy": "keeper of gate b",
    "anchor": "log key",
    "register": "registrar",
    "rotate_key": "the party's key",
    "appoint": "owner",
    "hand_over": "the office's keeper",
    "pause": "owner",
    "unpause": "owner",
    "set_log_key": "owner",
    "propose_owner": "owner",
    "accept_ownership": "proposed owner",
    "propose": "holder, owner, or both in one",
    "accept": "the taker",
    "decline": "the taker",
    "reclaim": "anybody",
    "endorse_in_blank": "holder who is owner; holder of one in blank",
    "pledge": "holder who is owner",
    "discharge": "the pledgee",
    "assign_pledge": "the pledgee",
    "give_notice": "the pledgee",
    "withdraw_notice": "the pledgee",
    "foreclose": "the pledgee",
    "surrender_pledged": "holder who is owner, with the pledgee's consent",
    "surrender_for_amendment": "holder who is owner",
    "reject_amendment": "the title's issuer",
    "replace": "the titles' issuer",
    "switch_to_paper": "the title's issuer",
    "switch_back": "the title's issuer",
    "renominate": "the order's issuer",
    "close_with_tolerance": "the title's issuer",
    "delegate": "the party's key",
    "revoke_delegation": "the party's key",
    "vote_recovery": "guardian n",
    "veto_recovery": "the party's key",
    "complete_recovery": "anybody",
    "suspend": "registrar",
    "restore": "registrar",
    "flag_indemnity": "the title's issuer",
    "seize": "two authorities",
    "pause_many": "owner",
    "name_successor": "owner",
    "migrate": "the title's issuer",
    "adopt": "the title's issuer",
    "relay": "anybody, with signed instructions",
}
GAS_NAMES: Final = {"nullify": "nullifier_full_word", "anchor": "anchor_cosigned"}


def functions(source: str) -> dict[str, tuple[bool, str]]:
    """Return name to (changes the state, text) of every function of a source."""
    found = {}
    for match in re.finditer(
        r"((?:@\w+\n)+)def (\w+)\((.*?)\)[^:\n]*:\n(.*?)(?=\n\n\n|\Z)", source, re.DOTALL
    ):
        decorators, name, _, body = match.groups()
        if name.startswith("__"):
            continue
        found[name] = ("@external" in decorators and "@view" not in decorators, body)
    return found


def guards(name: str, known: dict[str, tuple[bool, str]]) -> list[tuple[str, str]]:
    """Return (condition, reason) of a function and of what it calls, in their order.

    A reason that is handed to what is called stands in the call.
    """
    found: list[tuple[str, str]] = []
    for line in known[name][1].splitlines():
        text = line.strip()
        asserted = re.fullmatch(r'(?:assert |why\._demand\()(.*), (?:"|why\.|)(\w+)(?:"|\))', text)
        raised = re.fullmatch(r'return "(\w+)"', text)
        if asserted:
            found.append((asserted[1] if asserted[1] != "False" else "", asserted[2]))
        elif raised:
            found.append(("", raised[1]))
        # The inner call of a line is made first.
        calls = re.findall(r"(?:self|st|tw|td)\.(_\w+)\((?=(.*))", text)
        for called, passed in reversed(calls):
            if called in known:
                handed = re.search(r"why\.(\w+)", passed)
                found += [
                    (condition, handed[1] if handed and reason == "reason" else reason)
                    for condition, reason in guards(called, known)
                ]
    unique = dict.fromkeys(reason for _, reason in found)
    return [(next(c for c, r in found if r == reason), reason) for reason in unique]


def table() -> str:
    """Return the table as Markdown."""
    known: dict[str, tuple[bool, str]] = {}
    for path in sorted(SOURCES.glob("*.vy")):
        known |= functions(path.read_text(encoding="utf-8"))
    gas = json.loads(GAS.read_text(encoding="utf-8"))
    rows = [
        "| function | role | precondition → reason if it fails | event | gas |",
        "|---|---|---|---|---:|",
    ]
    for name, role in ROLES.items():
        body = known[name][1]
        events = dict.fromkeys(re.findall(r"log ev\.(\w+)\(", body))
        conditions = "<br>".join(
            (f"`{condition}` → " if condition else "otherwise ") + f"`{reason}`"
            for condition, reason in guards(name, known)
        ).replace("|", "\\|")
        used = gas.get(GAS_NAMES.get(name, name))
        rows.append(
            f"| `{name}` | {role} | {conditions} | {_names(events)} | {_figure(name, used)} |"
        )
    unlisted = {name for name, (changes, _) in known.items() if changes} - set(ROLES)
    if unlisted:
        raise ValueError(f"no role is said for {sorted(unlisted)}")
    return "\n".join(rows)


def _names(events: Iterable[str]) -> str:
    return ", ".join(f"`{event}`" for event in events)


def _figure(name: str, used: int | None) -> str:
    if used is None:
        return "–"
    return f"{used:,}" + {"nullify": " per release", "pause_many": " per office"}.get(name, "")


def main(arguments: list[str]) -> int:
    """Write or check the table; return the exit code."""
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    wanted = f"{head}{BEGIN}\n{table()}\n{END}{tail}"
    if "--check" not in arguments:
        README.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        sys.stderr.write("contracts/README.md is stale: run python contracts/table.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
