"""Titles on a node that mines by hand and forks: what the drills of `drill_anvil` are played on."""

from dataclasses import replace

from tests.chaos.submission_drills import K, passes
from tests.chaos.titled import HOLDER, Roads
from yidan.proof import setup
from yidan.proof.anchoring import Anchoring
from yidan.proof.sender import Sender
from yidan.proof.sequencer import LEASE
from yidan.proof.titles.follower import Follower
from yidan.release.titles.events import Act
from yidan.store import chain, events, leases
from yidan.store.engine import reading


class ForkedRoads(Roads):
    """Roads whose chain is another's; an instruction counts with k blocks on top."""

    def __init__(self, services, port, node):
        super().__init__(services, port)
        self.settings = replace(self.settings, confirmations=K)
        self.services = replace(self.services, settings=self.settings)
        self.node = node
        relayer = setup.relayer(self.settings)
        node.fills(relayer.address)
        self.sender = Sender(self.services, node.client, relayer)
        self.sender.begin()
        self.anchoring = Anchoring(self.services, node.client, self.sender)

    def life(self, rounds=6):
        """Everything that is sent is mined, and counts."""
        for _ in range(rounds):
            self.sender.push()
            self.node.mine()
            self.sender.push()
            self.node.mine(K)
            self.sender.push()
            if self.anchoring.ensure_contract():
                self._round(self.node.client, self.sender, self.anchoring)

    def follow(self):
        """One round of the follower, and of the sender behind it."""
        assert leases.acquire(self.services.engine, LEASE, HOLDER) is not None
        follower = Follower(self.services, self.node.client, self.anchoring.contract)
        follower.follow(self.anchoring.created_in(), HOLDER)
        self.sender.push()

    def surrender(self):
        """Ask to surrender a title and send it, not mined yet; answers the title and the bytes."""
        title = self.issued("EOCLYG26110001")
        self.life()
        assert self.title(title).state == "active"
        self.ask("forwarder", title, Act.SURRENDER)
        self._round(self.node.client, self.sender, self.anchoring)
        self.sender.push()
        with reading(self.services.engine) as connection:
            row = chain.newest(connection, "relay", state="sent")
            (attempt,) = chain.attempts_of(connection, [row.id])
        return title, attempt.raw

    def sends_again(self):
        """What was dropped is missed after a while."""
        passes(self.services, 10)
        self.sender.push()

    def outcomes(self, title):
        """What the contract did to a title, as it was recorded."""
        with reading(self.services.engine) as connection:
            history = events.history(connection, f"title:{title}")
        return [one.event.happened for one in history if hasattr(one.event, "happened")]
