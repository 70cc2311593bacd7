# ruff: noqa: INP001  # a script beside the sources, no package
"""Compile the contracts and write their artifacts, as committed in `ledger/artifacts`.

Source of the rule: LEDGER 0.1 and STYLE 8. An artifact carries ABI, bytecode, the keccak of the
code that a chain must hold, the storage layout, the compiler's version and settings, and the
keccak of every source file, so that the platform runs without a compiler and a test can tell a
stale artifact.

    python contracts/compile.py            writes the artifacts
    python contracts/compile.py --check    exits 1 if one is stale

Vyper keeps immutables behind the runtime code: a deployed code is `runtime` plus `immutablesLength`
bytes that differ per chain, and `runtimeKeccak` covers the part before them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import vyper
from eth_utils.crypto import keccak
from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.settings import OptimizationLevel, Settings

SOURCES: Final = Path(__file__).resolve().parent
ARTIFACTS: Final = SOURCES.parent / "ledger" / "artifacts"
CONTRACTS: Final = {"ReleaseLedger": "gas", "TitleActs": "codesize", "PartyActs": "codesize"}
"""Every contract, and what it is optimized for: what is called often for gas."""
EVM_VERSION: Final = "prague"
OUTPUTS: Final = ["abi", "bytecode", "bytecode_runtime", "layout", "method_identifiers"]


def compiled(name: str) -> dict[str, Any]:
    """Return the artifact of one contract, compiled now."""
    bundle = FilesystemInputBundle([SOURCES])
    settings = Settings(
        evm_version=EVM_VERSION,
        optimize=OptimizationLevel.from_string(CONTRACTS[name]),
    )
    out = compile_from_file_input(
        bundle.load_file(f"{name}.vy"), bundle, settings=settings, output_formats=OUTPUTS
    )
    runtime = bytes.fromhex(out["bytecode_runtime"].removeprefix("0x"))
    immutables = out["layout"].get("code_layout", {})
    return {
        "name": name,
        "compiler": {
            "name": "vyper",
            "version": vyper.__version__,
            "settings": {"evmVersion": EVM_VERSION, "optimize": CONTRACTS[name]},
        },
        "sources": {
            path.name: "0x" + keccak(path.read_bytes()).hex()
            for path in sorted(SOURCES.glob("*.vy"))
        },
        "runtimeKeccak": "0x" + keccak(runtime).hex(),
        "runtimeLength": len(runtime),
        "immutablesLength": _immutables_length(immutables),
        "storageLayout": out["layout"].get("storage_layout", {}),
        "codeLayout": immutables,
        "methodIdentifiers": out["method_identifiers"],
        "abi": out["abi"],
        "bytecode": out["bytecode"],
    }


def _immutables_length(layout: dict[str, Any]) -> int:
    length = 0
    for entry in layout.values():
        if "offset" in entry:
            length = max(length, int(entry["offset"]) + int(entry["length"]))
        else:
            length = max(length, _immutables_length(entry))
    return length


def text(artifact: dict[str, Any]) -> str:
    """Return the artifact as it stands in the file."""
    return json.dumps(artifact, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check all artifacts; return the exit code."""
    stale = 0
    for name in CONTRACTS:
        path = ARTIFACTS / f"{name}.json"
        wanted = text(compiled(name))
        if "--check" not in arguments:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            sys.stderr.write(f"{path.name} is stale: run python contracts/compile.py\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
