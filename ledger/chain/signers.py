"""Who signs transactions 签名者: a key held here, or a signer elsewhere asked by URL.

Source of the second: `eth_signTransaction` of the Ethereum execution APIs, as Web3Signer (answers
the raw bytes) and geth's clef (answers an object with `raw`) speak it. What comes back is taken
apart and compared before it is believed: a signer may be another's, or be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from requests.exceptions import RequestException
from typing_extensions import override
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from ledger.chain.client import ChainUnavailableError
from ledger.chain.signing import Signed, address_of, sign_transaction, transaction

if TYPE_CHECKING:
    from ledger.chain.signing import Fees

TIMEOUT_S: Final = 10.0


class SignerError(ChainUnavailableError):
    """The signer does not answer, refuses, or signed something else; nothing was sent."""


class Signer(Protocol):
    """Signs for one account."""

    @property
    def address(self) -> str:
        """The account's checksummed address."""

    def sign(  # noqa: PLR0917  # the parts of a transaction in its own order
        self, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees, chain_id: int
    ) -> Signed:
        """Sign a transaction without value; the parts as in `signing.sign_transaction`."""


@dataclass(frozen=True)
class LocalSigner(Signer):
    """Signs with a key in this process."""

    key: bytes = field(repr=False)
    """32 bytes."""

    @property
    @override
    def address(self) -> str:
        return address_of(self.key)

    @override
    def sign(  # the parts of a transaction in its own order
        self, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees, chain_id: int
    ) -> Signed:
        return sign_transaction(self.key, nonce, to, data, gas, fees, chain_id)


class RemoteSigner(Signer):
    """Asks a signer by JSON-RPC; the key never comes here."""

    def __init__(self, url: str, address: str, timeout_s: float = TIMEOUT_S) -> None:
        self._address = to_checksum_address(address)
        self._provider = HTTPProvider(
            url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None
        )

    @property
    @override
    def address(self) -> str:
        return str(self._address)

    @override
    def sign(  # the parts of a transaction in its own order
        self, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees, chain_id: int
    ) -> Signed:
        wanted = transaction(nonce, to, data, gas, fees, chain_id)
        raw = self._asked(_as_json(wanted, self.address))
        if not _is_as_asked(raw, wanted, self.address):
            raise SignerError("the signer signed something else than it was asked")
        return Signed(raw, bytes(keccak(raw)))

    def _asked(self, parameters: dict[str, str]) -> bytes:
        try:
            answer: Any = self._provider.make_request(
                RPCEndpoint("eth_signTransaction"), [parameters]
            )
            if answer.get("error") is not None:
                raise SignerError(f"the signer refuses: {answer['error'].get('message', '')}")
            result = answer["result"]
            text = result["raw"] if isinstance(result, dict) else result
            return bytes.fromhex(text.removeprefix("0x"))
        except (
            RequestException,
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            raise SignerError(f"the signer does not answer as one: {error}") from error


def _as_json(wanted: dict[str, Any], sender: str) -> dict[str, str]:
    numbers = ("nonce", "gas", "value", "chainId", "maxFeePerGas", "maxPriorityFeePerGas")
    told = {name: hex(wanted[name]) for name in numbers}
    to = {"to": wanted["to"]} if wanted["to"] else {}
    return {"from": sender, "data": "0x" + wanted["data"].hex(), **told, **to}


def _is_as_asked(raw: bytes, wanted: dict[str, Any], sender: str) -> bool:
    """Whether these bytes are the transaction that was asked for, signed by the account."""
    try:
        found = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        signed_by = Account.recover_transaction(raw)
    except Exception:  # noqa: BLE001  # whatever a decoder says of foreign bytes: they are not ours
        return False
    parts = {
        name: int(found[name]) for name in wanted if name not in {"to", "data", "type"}
    }  # nonce, gas, value, chain and fees
    plain = {name: wanted[name] for name in parts}
    to = bytes.fromhex(wanted["to"].removeprefix("0x")) if wanted["to"] else b""
    return (
        signed_by == sender
        and parts == plain
        and bytes(found["data"]) == wanted["data"]
        and bytes(found["to"]) == to
        and not found["accessList"]
    )
