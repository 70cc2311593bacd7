"""Reading what a reverted call returned: `Error(string)` of Solidity and Vyper."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

REVERTED: Final = 3
"""Error code of a revert in the Ethereum execution APIs."""
ERROR_SELECTOR: Final = bytes.fromhex("08c379a0")


def revert_reason(returned: bytes) -> str | None:
    """Return the reason, or None if the revert gave none in that form."""
    if not returned.startswith(ERROR_SELECTOR):
        return None
    try:
        return str(decode(["string"], returned[4:])[0])
    except (DecodingError, UnicodeDecodeError):
        return None
