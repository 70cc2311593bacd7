"""Compiled contracts, read from JSON: no compiler is needed to run the platform.

Source of the rule: LEDGER 0.1 and STYLE 8. `contracts/compile.py` writes the files, a test
compares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eth_utils.crypto import keccak

CORE: Final = "ReleaseLedger"
"""The contract that is called."""
PARTS: Final = ("TitleActs", "PartyActs")
"""What it delegates to; both run on its storage."""


@dataclass(frozen=True)
class Artifact:
    """What one compiled contract is known by."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    """Creation code."""
    runtime_keccak: bytes
    """Keccak-256 of the runtime code before its immutables."""
    runtime_length: int
    """Bytes of runtime code before the immutables."""
    immutables_length: int
    """Bytes of immutables behind the runtime code; they differ per chain."""
    compiler: dict[str, Any]

    def matches(self, code: bytes) -> bool:
        """Tell whether a code found on a chain is this contract, whatever its immutables hold."""
        if len(code) != self.runtime_length + self.immutables_length:
            return False
        return keccak(code[: self.runtime_length]) == self.runtime_keccak


@cache
def load(name: str = CORE) -> Artifact:
    """Return the committed artifact of a contract.

    Raises:
        FileNotFoundError: there is no artifact of that name.
    """
    raw = json.loads(files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return Artifact(
        name=raw["name"],
        abi=tuple(raw["abi"]),
        bytecode=bytes.fromhex(raw["bytecode"].removeprefix("0x")),
        runtime_keccak=bytes.fromhex(raw["runtimeKeccak"].removeprefix("0x")),
        runtime_length=raw["runtimeLength"],
        immutables_length=raw["immutablesLength"],
        compiler=raw["compiler"],
    )


@cache
def abi() -> tuple[dict[str, Any], ...]:
    """Return the entries of the ledger and its parts, each once: one address answers them."""
    entries: list[dict[str, Any]] = []
    for name in (CORE, *PARTS):
        entries += [
            entry
            for entry in load(name).abi
            if entry["type"] in {"function", "event"} and entry not in entries
        ]
    return tuple(entries)
