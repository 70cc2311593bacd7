"""Instructions to the contract, as call data 合约指令: pure, by the committed ABI.

Source: `contracts/`. Packed parameters (`terms`) are packed here and nowhere
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from ledger import artifacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ISSUERS: Final = 1 << 16
"""Office of issuer n (a carrier) is `ISSUERS + n`."""
TERMINALS: Final = 2 << 16
"""Office of terminal n."""
AUTHORITIES: Final = 3 << 16
"""Office of the authority that owns hold bit b."""
GATEKEEPERS: Final = 4 << 16
"""Office of the keeper of gate bit b."""
GUARDIANS: Final = 5 << 16
"""Office of guardian n, one of eight who vote on the recovery of a lost key."""
REGISTRAR: Final = 1
"""Office that registers parties."""
LOI_GATE: Final = 7
"""Gate bit that is required, and never satisfied, once goods left against a letter of indemnity."""
WORD_BITS: Final = 256
MAY_TRANSFER, MAY_PROPOSE, MAY_ANSWER, MAY_SURRENDER = 1, 2, 4, 8
"""Acts that a party may let an agent do, added together."""
MOST_RELAYED: Final = 64
"""Instructions in one batch, so that it stays below 2^24 gas whatever they need."""


def creation() -> bytes:
    """Return the data of the transaction that deploys the contract; the sender becomes owner.

    The contract creates its two parts itself, so one transaction deploys the whole ledger.
    """
    parts = [artifacts.load(name).bytecode for name in artifacts.PARTS]
    return artifacts.load().bytecode + encode(["bytes", "bytes"], parts)


def call_data(function: str, *arguments: Any) -> bytes:
    """Return selector and encoded arguments of any function of the contract.

    Raises:
        KeyError: the contract has no such function.
    """
    types = _types(function)
    return selector(function) + encode(types, arguments)


@cache
def selector(function: str) -> bytes:
    """Return the 4-byte selector of a function."""
    return bytes(keccak(text=f"{function}({','.join(_types(function))})")[:4])


@cache
def _types(function: str) -> tuple[str, ...]:
    for entry in artifacts.abi():
        if entry["type"] == "function" and entry["name"] == function:
            return tuple(_type(argument) for argument in entry["inputs"])
    raise KeyError(function)


def _type(argument: Mapping[str, Any]) -> str:
    kind = str(argument["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(component) for component in argument["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def anchor(size: int, root: bytes, signers: int, aggregate: bytes) -> bytes:
    """Anchor a checkpoint.

    Args:
        size: Leaves in the log.
        root: 32-byte Merkle root.
        signers: Lower 192 bits: bit i is set if the witness with the i-th lowest BLS public key of
            the policy signed, bit 0 the lowest; upper 64 bits: the POSIX second all signed.
        aggregate: 96-byte BLS signature, or empty if there is none yet.

    Raises:
        ValueError: the aggregate has another length.
    """
    if len(aggregate) not in {0, 96}:
        raise ValueError("a BLS aggregate has 96 bytes")
    padded = aggregate or bytes(96)
    return call_data("anchor", size, root, signers, [padded[i : i + 32] for i in (0, 32, 64)])


def nullify(terminal: int, serials: Iterable[int]) -> bytes:
    """Use up release serials, counted from 0, of a terminal; many fit into one call.

    Raises:
        ValueError: no serial, or more than 64 words of 256.
    """
    words: dict[int, int] = {}
    for serial in serials:
        index, bit = divmod(serial, WORD_BITS)
        words[index] = words.get(index, 0) | 1 << bit
    if not 1 <= len(words) <= 64:  # noqa: PLR2004  # the contract's bound
        raise ValueError("1 to 64 words of serials in one call")
    return call_data("nullify", terminal, sorted(words.items()))


def transfer(title: bytes, taker: int, deadline: int, signature: bytes) -> bytes:
    """Pass a title on with the taker's 65-byte signature (r, s, v) over the consent."""
    r, vs = compact(signature)
    return call_data("transfer", title, taker | deadline << 32, r, vs)


Children: TypeAlias = "Sequence[tuple[bytes, int]]"
"""Title and quantity of each title that takes others' place."""


def lineage(title: bytes, others: Sequence[bytes], children: Children) -> bytes:
    """Return what a holder names to ask for just this replacement of its titles."""
    types = ["bytes32", "bytes32[]", "(bytes32,uint64)[]"]
    return bytes(keccak(encode(types, [title, others, children])))


def paper_lineage(paper: bytes) -> bytes:
    """Return what a holder names to ask for a paper document, given its 32-byte commitment."""
    return bytes(keccak(encode(["bytes32", "bytes32"], [keccak(text="paper"), paper])))


def successor_lineage(ledger: str) -> bytes:
    """Return what a holder names to ask that its title be continued at another ledger's address."""
    return bytes(keccak(encode(["bytes32", "address"], [keccak(text="successor"), ledger])))


def surrender_pledged(
    title: bytes, sequence: int, lineage: bytes, deadline: int, signature: bytes
) -> bytes:
    """Surrender a pledged title with the pledgee's 65-byte signature (r, s, v)."""
    consent = compact(signature)
    return call_data("surrender_pledged", title, sequence, lineage, deadline, *consent)


def collect(title: bytes, number: int, nominee: int, cumulative: int, evidence: bytes) -> bytes:
    """Record the total collected under an order so far, in the title's unit."""
    return call_data("collect", title, number | nominee << 24 | cumulative << 56, evidence)


@dataclass(frozen=True)
class Signed:
    """A call that its party signed as EIP-712 instruction, ready to be relayed."""

    call: bytes
    deadline: int
    signature: bytes
    """65 bytes (r, s, v)."""
    sequence: int = 0
    nonce: int = 0


def relay(batch: Iterable[Signed]) -> bytes:
    """Perform signed instructions of others in one transaction, in their order.

    Raises:
        ValueError: none, or more than the contract takes at once.
    """
    rows = []
    for each in batch:
        r, vs = compact(each.signature)
        rows.append((each.call, each.sequence | each.nonce << 24 | each.deadline << 88, r, vs))
    if not 1 <= len(rows) <= MOST_RELAYED:
        raise ValueError(f"1 to {MOST_RELAYED} instructions in one batch")
    return call_data("relay", rows)


def compact(signature: bytes) -> tuple[bytes, int]:
    """Return r and vs (EIP-2098) of a 65-byte signature (r, s, v with v of 27 or 28).

    Raises:
        ValueError: another length or another v.
    """
    if len(signature) != 65 or signature[64] not in {27, 28}:  # noqa: PLR2004  # EIP-191 form
        raise ValueError("65 bytes with v of 27 or 28 expected")
    return signature[:32], int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
