"""The ledger's one loop: sequence, checkpoint, anchor; under a database lease.

Witnesses down: logging goes on, anchoring waits. Chain down: everything goes on, the lag is
visible (LEDGER 0.8).
"""

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Final

import httpx
import structlog

from ledger.chain.client import ChainClient, ChainError, WrongChainError
from ledger.chain.following import DeepReorgError
from ledger.chain.pair import EndpointsDisagreeError, Pair
from yidan.config import Settings
from yidan.ports import Services
from yidan.proof import lag, setup, successions
from yidan.proof.anchoring import Anchoring
from yidan.proof.checkpointer import Checkpointer
from yidan.proof.passes import Pass
from yidan.proof.sender import ForeignNonceError, Sender
from yidan.proof.sequencer import LEASE, sequence, stop_if_frozen
from yidan.proof.stopping import is_frozen, stop
from yidan.proof.titles import relaying
from yidan.proof.titles.follower import Follower, LeaseLostError
from yidan.proof.titles.relaying import Relay
from yidan.store import leases, ledger_state
from yidan.store.engine import reading, writing
from yidan.store.log import MissingTileError

log = structlog.get_logger()

ROUND_S: Final = 0.25
LEASE_S: Final = 15
WITNESS_TIMEOUT_S: Final = 5.0

_ENDS_THE_ROUND: Final = (LeaseLostError, ChainError, OSError)
"""No failure of a step: the chain is away, or another process does this by now."""


class Ledger:
    """What one process of the ledger does, a round at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._policy = setup.prepare(services.settings)
        successions.keep_up(services)
        self._http = httpx.Client(timeout=WITNESS_TIMEOUT_S, follow_redirects=False)
        self._checkpointer = Checkpointer(services, self._http)
        self._anchoring: Anchoring | None = None
        self._sender: Sender | None = None
        self._pair: Pair | None = None
        self._follower: Follower | None = None
        self._relaying: Relay | None = None
        self._following = Pass(services, "chain-following")
        self._planning = Pass(services, "title-relaying")
        self._is_newest = False
        self._next_checkpoint = 0.0
        self._next_chain = 0.0

    def round(self) -> None:
        """Do what is due; nothing while another process holds the lease."""
        try:
            self._round()
        except MissingTileError as error:
            stop(self._services, f"the log is damaged: {error.args[0]}")

    def _round(self) -> None:
        token = leases.acquire(self._services.engine, LEASE, self._holder, seconds=LEASE_S)
        if token is None:
            return
        if self._may_go_on():
            self._go_on()

    def _may_go_on(self) -> bool:
        """Whether this log may be continued: a restored one only once the witnesses agreed."""
        with reading(self._services.engine) as connection:
            restored = ledger_state.restored_from(connection)
            disagreement = ledger_state.disagreement(connection)
        if restored and not disagreement:
            self._compare_with_witnesses()
            if self._is_newest:
                with writing(self._services.engine) as connection:
                    ledger_state.welcome_back(connection)
        return not restored or self._is_newest

    def _compare_with_witnesses(self) -> None:
        """Ask at the cadence of checkpoints until enough of them agreed that nothing is newer."""
        now = time.monotonic()
        if not self._is_newest and now >= self._next_checkpoint:
            self._is_newest = self._checkpointer.is_newest()
            self._next_checkpoint = now + self._settings.checkpoint_every_s

    def _checkpoint(self, now: float) -> None:
        """Sign and collect; a process signs nothing before it knows that its log is the newest."""
        with reading(self._services.engine) as connection:
            why = ledger_state.releases_stopped(connection)
        if why and not is_frozen(why):
            return
        if not self._is_newest:
            self._compare_with_witnesses()
        elif now >= self._next_checkpoint:
            self._checkpointer.checkpoint()
            self._next_checkpoint = now + self._settings.checkpoint_every_s

    def _go_on(self) -> None:
        while sequence(self._services, self._holder):
            pass
        stop_if_frozen(self._services)
        now = time.monotonic()
        self._checkpoint(now)
        if now >= self._next_chain:
            self._next_chain = now + 1.0
            self._chain_round()
            lag.watch(self._services)
            relaying.watch(self._services)

    def _chain_round(self) -> None:
        try:
            anchoring = self._connected()
            if self._sender is None:
                return
            anchoring.check_contract()
            if self._pair is not None:
                self._pair.check(anchoring.contract)
            self._sender.push()
            if not anchoring.ensure_contract():
                return
            self._follow(anchoring)
            if self._policy.chain is None:
                self._policy = setup.name_contract(self._settings, self._policy, anchoring.contract)
            anchoring.plan()
            self._relay(anchoring)
            self._sender.push()
            anchoring.compare()
        except WrongChainError as error:
            lag.alarm(self._services, "wrong-chain", str(error))
        except DeepReorgError as error:
            stop(self._services, str(error))
        except EndpointsDisagreeError as error:
            lag.alarm(self._services, "chain-disagrees", str(error))
        except ForeignNonceError as error:
            lag.alarm(self._services, "chain-incident", str(error))
            self._anchoring = self._sender = None
        except (ChainError, OSError) as error:
            log.warning("the chain does not answer", why=str(error))
            self._anchoring = self._sender = None

    def _follow(self, anchoring: Anchoring) -> None:
        """Record what the contract did since, as deep as it counts.

        A block that cannot be recorded is tried again in every round; anchors and instructions do
        not wait for it, as a stranger may have written it.
        """
        if self._follower is None:
            client = anchoring.client
            self._follower = Follower(self._services, client, anchoring.contract, self._pair)
        with self._following.tried(*_ENDS_THE_ROUND):
            self._follower.follow(anchoring.created_in(), self._holder)

    def _relay(self, anchoring: Anchoring) -> None:
        """Plan what parties asked of the contract."""
        if self._relaying is None and self._sender is not None:
            own = self._sender.address
            self._relaying = Relay(self._services, anchoring.client, own, anchoring.contract)
        if self._relaying is not None:
            with self._planning.tried(*_ENDS_THE_ROUND):
                self._relaying.plan()

    def _connected(self) -> Anchoring:
        if self._anchoring is None or self._sender is None:
            settings = self._settings
            client = ChainClient.connect(settings.chain_rpc_url, settings.chain_id)
            self._pair = _paired(client, settings)
            self._sender = Sender(self._services, client, setup.relayer(settings), self._pair)
            self._sender.begin()
            self._anchoring = Anchoring(self._services, client, self._sender)
            self._follower = self._relaying = None
        return self._anchoring

    def close(self) -> None:
        """Give the lease back, so that the next process need not wait for it to end."""
        leases.release(self._services.engine, LEASE, self._holder)
        self._http.close()


def _paired(client: ChainClient, settings: Settings) -> Pair | None:
    """The second endpoint beside the first, where one is named (LEDGER 8.7)."""
    if not settings.chain_second_url:
        return None
    second = ChainClient.connect(settings.chain_second_url)
    return Pair(client, second, settings.confirmations)


def run(services: Services, stop: threading.Event) -> None:
    """Run rounds until told to stop; a round that fails is logged and tried again."""
    ledger, one = Ledger(services), Pass(services, "ledger-round")
    while not stop.wait(ROUND_S):
        with suppress(LeaseLostError), one.tried(LeaseLostError):
            ledger.round()
        if one.failure:
            stop.wait(1.0)
    ledger.close()
