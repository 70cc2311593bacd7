"""Anchor checkpoints and used-up releases; stop when chain and log disagree.

Anchoring follows size or age. A release right that was consumed becomes one bit of the contract's
nullifier map; many go in one call. Nothing here is waited for by a request.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ledger import merkle
from ledger.chain import instructions
from ledger.chain.client import ChainClient
from ledger.chain.signing import contract_address
from yidan.ports import Services
from yidan.proof.sender import Sender
from yidan.proof.stopping import stop
from yidan.proof.tables import CHAIN
from yidan.release.events import RightConsumed
from yidan.release.tables import rights
from yidan.store import chain, events, log, outbox
from yidan.store.engine import database_now, reading, writing

TERMINAL: Final = 1
"""Office number of the embedded installation's one terminal."""
GAS: Final = {"deploy": 8_000_000, "office": 200_000, "anchor": 200_000, "nullify": 4_000_000}
"""Gas limits by kind: bounds, not what is paid."""
BATCH: Final = 256


class Anchoring:
    """Plans what goes to the chain for one contract, and compares what is there with the log."""

    def __init__(self, services: Services, client: ChainClient, sender: Sender) -> None:
        self._services = services
        self._client = client
        self._sender = sender
        self._contract = ""

    @property
    def contract(self) -> str:
        """Address of the contract, "" until it is confirmed."""
        return self._contract

    @property
    def client(self) -> ChainClient:
        """The endpoint that is asked."""
        return self._client

    def created_in(self) -> int:
        """Number of the block with the contract's creation; the contract stands."""
        with reading(self._services.engine) as connection:
            deployed = chain.find(connection, "deploy")
        assert deployed is not None  # noqa: S101 - the contract stands
        return deployed.block_number or 1

    def ensure_contract(self) -> bool:
        """Deploy the contract at the first start and give its offices out; True once it stands."""
        if self._contract:
            return True
        with writing(self._services.engine) as connection:
            if chain.find(connection, "deploy") is None:
                self._plan_deployment(connection)
            deployed = chain.find(connection, "deploy")
            ready = deployed is not None and not chain.is_open(connection, "office")
        if deployed is None or deployed.state != "confirmed" or not ready:
            return False
        self._contract = self._checked(deployed)
        return True

    def check_contract(self) -> None:
        """Check the code where the contract stands already, before anything is sent (S73).

        Raises:
            WrongChainError: it is another's, or none.
        """
        if self._contract:
            return
        with reading(self._services.engine) as connection:
            deployed = chain.find(connection, "deploy")
        if deployed is not None and deployed.state == "confirmed":
            self._checked(deployed)

    def _checked(self, deployed: chain.Instruction) -> str:
        address = contract_address(self._sender.address, deployed.nonce)
        self._client.check_contract(address)
        return address

    def _plan_deployment(self, connection: Any) -> None:
        now = database_now(connection)
        nonce = self._plan(connection, "deploy", "deploy", None, instructions.creation(), now)
        if nonce is None:
            return
        address = contract_address(self._sender.address, nonce)
        own = self._sender.address
        for key, data in (
            ("office:log", instructions.call_data("set_log_key", own)),
            (
                "office:terminal",
                instructions.call_data("appoint", instructions.TERMINALS + TERMINAL, own),
            ),
        ):
            self._plan(connection, key, "office", address, data, now)

    def _plan(  # noqa: PLR0917 - one instruction, in the order of its columns
        self,
        connection: Any,
        key: str,
        kind: str,
        to: str | None,
        data: bytes,
        now: datetime,
    ) -> int | None:
        return chain.plan(
            connection,
            chain_id=self._services.settings.chain_id,
            address=self._sender.address,
            key=key,
            kind=kind,
            payload={"to": to, "data": data.hex(), "gas": GAS[kind]},
            now=now,
        )

    def plan(self) -> None:
        """Plan the next anchor and the next nullifiers, where they are due."""
        with writing(self._services.engine) as connection:
            now = database_now(connection)
            self._plan_anchor(connection, now)
            self._plan_nullifiers(connection, now)

    def _plan_anchor(self, connection: Any, now: datetime) -> None:
        found = log.latest_checkpoint(connection, cosigned=True)
        if found is None or not found.bls_aggregate or chain.is_open(connection, "anchor"):
            return
        last = chain.newest(connection, "anchor", state="confirmed")
        anchored = int(last.key.removeprefix("anchor:")) if last else 0
        if found.size <= anchored or not self._is_due(connection, anchored, found.size, now):
            return
        data = instructions.anchor(
            found.size, found.root, int(found.bls_signers or 0), found.bls_aggregate
        )
        key = f"anchor:{found.size}"
        self._plan(connection, key, "anchor", self._contract, data, now)

    def _is_due(self, connection: Any, anchored: int, size: int, now: datetime) -> bool:
        settings = self._services.settings
        since = log.oldest_leaf_at(connection, anchored)
        aged = since is not None and (now - since).total_seconds() >= settings.anchor_age_s
        return aged or size - anchored >= settings.anchor_events

    def _plan_nullifiers(self, connection: Any, now: datetime) -> None:
        errands = outbox.pending(connection, CHAIN, now=now, limit=BATCH)
        if not errands or not self._is_batch(connection, errands, now):
            return
        serials = []
        for errand in errands:
            recorded = events.one(connection, errand.event_id)
            if recorded is not None and isinstance(recorded.event, RightConsumed):
                right = rights.find(connection, recorded.event.right_id)
                serials += [right.serial_number] if right else []
        if serials:
            key = f"nullify:{errands[0].event_id}"
            data = instructions.nullify(TERMINAL, serials)
            self._plan(connection, key, "nullify", self._contract, data, now)
        outbox.done(connection, [errand.id for errand in errands], now=now)

    def _is_batch(self, connection: Any, errands: Sequence[outbox.Errand], now: datetime) -> bool:
        """Whether enough wait, or the oldest has waited long enough."""
        oldest = events.one(connection, errands[0].event_id)
        age_s = (now - oldest.recorded_at).total_seconds() if oldest else 0.0
        settings = self._services.settings
        return len(errands) >= settings.nullify_events or age_s >= settings.nullify_age_s

    def compare(self) -> None:
        """Compare the latest anchored root with the log; stop releases where they differ."""
        size, root = self._client.latest_anchor(self._contract)
        if size == 0:
            return
        with reading(self._services.engine) as connection:
            own_size = log.size(connection)
            own = merkle.root_at(log.DatabaseTiles(connection), size) if size <= own_size else None
        if own != root:
            why = f"the chain anchors {root.hex()} for {size} leaves; the log differs"
            stop(self._services, why)
