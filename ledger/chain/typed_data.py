"""What parties sign 签署内容: EIP-712 typed data for this chain and contract.

Source: EIP-712, `contracts/typed_data.vy`. A consent is valid for one (ledger, chain, title,
sequence).
"""

from __future__ import annotations

from typing import Any, Final

from eth_account import Account

NAME: Final = "Yidan release ledger"
VERSION: Final = "1"
CONSENT_FIELDS: Final = (
    ("title", "bytes32"),
    ("sequence", "uint24"),
    ("taker", "uint32"),
    ("deadline", "uint224"),
)
INSTRUCTION_FIELDS: Final = (
    ("call", "bytes"),
    ("sequence", "uint24"),
    ("nonce", "uint64"),
    ("deadline", "uint40"),
)
PLEDGEE_FIELDS: Final = (
    ("title", "bytes32"),
    ("sequence", "uint24"),
    ("lineage", "bytes32"),
    ("deadline", "uint256"),
)
POSSESSION_FIELDS: Final = (("handle", "uint32"), ("key", "address"))


def transfer_consent(
    chain_id: int, contract: str, *, title: bytes, sequence: int, taker: int, deadline: int
) -> dict[str, Any]:
    """Return what a taker signs: to take this title, as it stands at `sequence`, until `deadline`.

    Args:
        chain_id: EIP-155 id.
        contract: Checksummed address of the ledger.
        title: 32-byte title id.
        sequence: The title's sequence before the transfer.
        taker: The taker's handle.
        deadline: UTC seconds.
    """
    message = {"title": title, "sequence": sequence, "taker": taker, "deadline": deadline}
    return _typed(chain_id, contract, "TransferConsent", CONSENT_FIELDS, message)


def possession(chain_id: int, contract: str, *, handle: int, key: str) -> dict[str, Any]:
    """Return what a new key signs to prove that it is held, for register and rotate_key."""
    message = {"handle": handle, "key": key}
    return _typed(chain_id, contract, "Possession", POSSESSION_FIELDS, message)


def pledgee_consent(
    chain_id: int, contract: str, *, title: bytes, sequence: int, lineage: bytes, deadline: int
) -> dict[str, Any]:
    """Return what a pledgee signs, so that a pledged title may be surrendered.

    Args:
        chain_id: EIP-155 id.
        contract: Checksummed address of the ledger.
        title: 32-byte title id.
        sequence: The title's sequence before the surrender.
        lineage: Zeros for delivery, else what is to take the title's place.
        deadline: UTC seconds.
    """
    message = {"title": title, "sequence": sequence, "lineage": lineage, "deadline": deadline}
    return _typed(chain_id, contract, "PledgeeConsent", PLEDGEE_FIELDS, message)


def instruction(
    chain_id: int, contract: str, *, call: bytes, sequence: int, nonce: int, deadline: int
) -> dict[str, Any]:
    """Return what a party signs, so that a relayer performs a call in its name.

    Args:
        chain_id: EIP-155 id.
        contract: Checksummed address of the ledger.
        call: Selector and arguments.
        sequence: The title's sequence before the call; 0 if there is a nonce.
        nonce: 0 if the title's sequence makes the instruction unique, else any unused number.
        deadline: UTC seconds.
    """
    message = {"call": call, "sequence": sequence, "nonce": nonce, "deadline": deadline}
    return _typed(chain_id, contract, "Instruction", INSTRUCTION_FIELDS, message)


def sign(private_key: bytes, typed: dict[str, Any]) -> bytes:
    """Return the 65-byte signature (r, s, v) of a key over typed data."""
    return bytes(Account.sign_typed_data(private_key, full_message=typed).signature)


def _typed(
    chain_id: int,
    contract: str,
    primary: str,
    fields: tuple[tuple[str, str], ...],
    message: dict[str, Any],
) -> dict[str, Any]:
    domain_fields = (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
    )
    return {
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain_fields],
            primary: [{"name": name, "type": kind} for name, kind in fields],
        },
        "primaryType": primary,
        "message": message,
    }
