"""What requests may know of the contract 控制权台: ids, typed data, whose signature it is.

Where the contract stands is read from the trust policy, which the ledger writes once it stands.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import is_address, to_checksum_address
from typing_extensions import override

from ledger.chain import instructions, reasons
from ledger.chain import typed_data as forms
from ledger.jcs import canonicalize
from ledger.policy import ChainReference
from yidan.config import Settings
from yidan.kernel.content import JsonValue
from yidan.kernel.errors import UnavailableError
from yidan.ports import TitleCall, TitleDesk
from yidan.proof import setup
from yidan.proof.titles import calls

TITLE_TAG: Final = b"title/v1"
SALT_BYTES: Final = 32


class Desk(TitleDesk):
    """Answers for one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._chain: ChainReference | None = None

    @override
    def title_id(self, document: Mapping[str, JsonValue], salt: bytes) -> str:
        if len(salt) != SALT_BYTES:
            raise ValueError(f"a salt has {SALT_BYTES} bytes")
        plain: Any = dict(document)
        return hashlib.sha256(TITLE_TAG + salt + canonicalize(plain)).hexdigest()

    @override
    def document_commitment(self, document: Mapping[str, JsonValue]) -> str:
        plain: Any = dict(document)
        return hashlib.sha256(canonicalize(plain)).hexdigest()

    @override
    def lineage(
        self, title: str, others: Sequence[str], children: Sequence[tuple[str, int]]
    ) -> str:
        listed = [(bytes.fromhex(one), quantity) for one, quantity in children]
        merged = [bytes.fromhex(one) for one in others]
        return instructions.lineage(bytes.fromhex(title), merged, listed).hex()

    @override
    def paper_lineage(self, paper: str) -> str:
        return instructions.paper_lineage(bytes.fromhex(paper)).hex()

    @override
    def instruction(
        self, asked: TitleCall, consent: str, deadline: datetime, nonce: int
    ) -> dict[str, Any]:
        call = calls.call_data(asked, bytes.fromhex(consent), deadline)
        made = calls.instruction(*self._where(), call, asked.sequence, nonce, deadline)
        return _as_json(made)

    @override
    def consent(self, asked: TitleCall, handle: int, deadline: datetime) -> dict[str, Any]:
        return _as_json(calls.consent(*self._where(), asked, handle, deadline))

    @override
    def possession(self, handle: int, key: str) -> dict[str, Any]:
        return _as_json(forms.possession(*self._where(), handle=handle, key=key))

    @override
    def signer(self, typed: Mapping[str, Any], signature: str) -> str:
        try:
            raw = bytes.fromhex(signature)
            instructions.compact(raw)
        except ValueError:
            return ""
        if int.from_bytes(raw[32:64], "big") > HALF_ORDER:
            return ""
        try:
            message = encode_typed_data(full_message=dict(typed))
            return str(Account.recover_message(message, signature=raw))
        except Exception:  # noqa: BLE001 - whatever is wrong with foreign bytes: nobody signed
            return ""

    @override
    def address(self, text: str) -> str:
        return str(to_checksum_address(text)) if is_address(text) else ""

    @override
    def sentence(self, code: str) -> tuple[str, str]:
        found = reasons.REASONS.get(code)
        return (found.en, found.zh) if found else (code, code)

    def _where(self) -> tuple[int, str]:
        """Chain id and checksummed address of the contract.

        Raises:
            UnavailableError: it does not stand yet.
        """
        if self._chain is None:
            path = setup.policy_path(self._settings)
            self._chain = setup.read_policy(self._settings).chain if path.exists() else None
        if self._chain is None:
            raise UnavailableError
        return self._chain.chain_id, str(to_checksum_address(self._chain.contract))


HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Of the two twins of a signature the contract takes the low one only (EIP-2)."""


def _as_json(typed: dict[str, Any]) -> dict[str, Any]:
    """Typed data as wallets read it: bytes as `0x…`."""
    message = {
        name: f"0x{value.hex()}" if isinstance(value, bytes) else value
        for name, value in typed["message"].items()
    }
    return {**typed, "message": message}
