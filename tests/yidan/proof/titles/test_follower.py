"""The follower on a chain in memory: depth, forks, kills, unknown logs, a second endpoint (S71)."""

import pytest
from eth_abi.abi import encode
from sqlalchemy import text

from ledger.chain.client import ChainUnavailableError
from ledger.chain.events import topic
from ledger.chain.following import DeepReorgError
from ledger.chain.pair import EndpointsDisagreeError, Pair
from tests.yidan.proof.titles.chain_story import CONTRACT, TITLE, Story, issued, log, word
from yidan.kernel.events import SYSTEM
from yidan.proof.sequencer import LEASE
from yidan.proof.titles import follower as follower_module
from yidan.proof.titles.follower import Follower, LeaseLostError
from yidan.release.titles import tables
from yidan.release.titles.events import Custody, OfficeGiven, PartyNamed
from yidan.store import events, following, leases
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading

K = 2


class Ship:
    """A follower of a story."""

    def __init__(self, services, story, second=None):
        self.services, self.story = services, story
        pair = Pair(story, second, K) if second else None
        self.follower = Follower(services, story, CONTRACT, pair)
        leases.acquire(services.engine, LEASE, "me", seconds=60)

    def follow(self):
        self.follower.follow(1, "me")
        return self

    def title(self, title=TITLE):
        with reading(self.services.engine) as connection:
            return tables.find_title(connection, title.hex())

    def happened(self, title=TITLE):
        with reading(self.services.engine) as connection:
            return [
                one.event.happened for one in events.history(connection, f"title:{title.hex()}")
            ]

    def cursor(self):
        with reading(self.services.engine) as connection:
            return following.cursor(connection, CONTRACT)


@pytest.fixture
def ship(services):
    return Ship(services, Story())


HELD = log("Held", title=TITLE, word=word(holds=1, sequence=2), reason=bytes(32))


def test_an_outcome_counts_with_k_blocks_on_top_and_once(ship):
    ship.story.mine(issued())
    for _ in range(K):
        assert ship.follow().title() is None
        ship.story.mine()
    assert ship.follow().title().state == "active"
    ship.story.mine(count=5)
    ship.follow().follow()
    assert ship.happened() == ["Issued"]


@pytest.mark.parametrize("depth", [1, K])
def test_s71_a_fork_above_depth_k_is_rolled_back(ship, depth):
    ship.story.mine().mine(issued()).mine(count=depth - 1)
    ship.follow()
    ship.story.drop(depth).mine(issued(quantity=7), fork="b").mine(count=K, fork="b")
    assert ship.follow().title().quantity == 7
    assert ship.happened() == ["Issued"]


def test_s71_a_fork_that_mines_the_same_again_is_recorded_once(ship):
    ship.story.mine().mine(issued())
    ship.follow()
    ship.story.drop(1).mine(fork="b").mine(issued(), fork="b").mine(count=K)
    ship.follow()
    assert ship.happened() == ["Issued"]


def test_s71_a_fork_that_drops_a_transaction_leaves_nothing(ship):
    ship.story.mine().mine(issued())
    ship.follow()
    ship.story.drop(1).mine(fork="b", count=5)
    assert ship.follow().title() is None


def test_s71_a_fork_below_what_was_confirmed_is_no_followers_business(ship):
    ship.story.mine(issued()).mine(count=K + 1)
    ship.follow()
    ship.story.drop(K + 1 + 1).mine(fork="b", count=9)
    for _ in range(2):
        with pytest.raises(DeepReorgError):
            ship.follow()
    assert ship.title().state == "active"


def test_a_fork_between_two_questions_is_seen(ship, monkeypatch):
    ship.story.mine(issued())
    other = (
        ship.story.copy().drop(1).mine(fork="b").mine(issued(), fork="b").mine(count=K, fork="b")
    )
    real = ship.story.block
    monkeypatch.setattr(
        ship.story, "block", lambda number: (other.block if number > 1 else real)(number)
    )
    monkeypatch.setattr(ship.story, "head", other.head)
    ship.follow()
    assert ship.title() is None
    monkeypatch.setattr(ship.story, "block", other.block)
    monkeypatch.setattr(ship.story, "logs_of_block", other.logs_of_block)
    ship.follow().follow()
    assert ship.happened() == ["Issued"]


def test_s70_a_kill_in_the_middle_of_a_block_records_all_of_it_later(ship, monkeypatch):
    ship.story.mine(issued(), HELD).mine(count=K)

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(follower_module, "_record_other", killed)
        with pytest.raises(KeyboardInterrupt):
            ship.follow()
    assert (ship.title(), ship.cursor()) == (None, 0)
    assert Ship(ship.services, ship.story).follow().happened() == ["Issued", "Held"]


def test_another_process_with_the_lease_stops_this_one(ship):
    ship.story.mine(issued()).mine(count=K)
    leases.release(ship.services.engine, LEASE, "me")
    with pytest.raises(LeaseLostError):
        ship.follow()
    assert ship.title() is None


def test_a_log_of_no_event_we_know_is_kept_and_reported(ship):
    ship.story.mine(issued(), ((b"\x07" * 32,), b"new")).mine(count=K)
    ship.follow()
    ship.story.mine(count=4)
    ship.follow()
    with reading(ship.services.engine) as connection:
        (kept,) = following.unknown_logs(connection)
        (alarm,) = open_alarms(connection)
        assert connection.execute(text("SELECT count(*) FROM chain_log")).scalar_one() == 1
    assert (kept.block_number, kept.index, kept.data) == (1, 1, b"new")
    assert (alarm.kind, alarm.what) == ("chain-unknown-event", "block 1, log 1: no event we know")


@pytest.mark.parametrize("reason", [b"\xff\xfe", b"a\0b"])
def test_a_log_with_text_of_a_strangers_contract_stops_nothing(ship, reason):
    topics = (topic("InstructionRefused"), bytes(32), bytes(32))
    ship.story.mine((topics, encode(["uint256", "bytes"], [0, reason]))).mine(issued())
    ship.story.mine(count=K)
    assert ship.follow().happened() == ["Issued"]
    with reading(ship.services.engine) as connection:
        (kept,) = following.unknown_logs(connection)
        (alarm,) = open_alarms(connection)
    assert reason in kept.data
    assert alarm.kind == "chain-unknown-event"


def test_an_endpoint_that_lags_behind_is_no_reorganisation(ship):
    ship.story.mine(issued()).mine(count=K + 4)
    ship.follow()
    behind = ship.story.copy().drop(K + 4)
    ship.follower = Follower(ship.services, behind, CONTRACT)
    with pytest.raises(ChainUnavailableError, match="no block"):
        ship.follow()
    assert Ship(ship.services, ship.story).follow().happened() == ["Issued"]


def test_keys_and_offices_are_known_as_the_contract_has_them(ship):
    key = "0x" + "aB" * 20
    with ship.services.unit_of_work(SYSTEM) as uow:
        named = PartyNamed(handle=5, party_id="p", custody=Custody.PLATFORM, key="")
        uow.record("handle:5", named)
        uow.record("office:65537", OfficeGiven(office=65537, party_id="p"))
        uow.commit()
    for number in (5, 6):
        ship.story.mine(
            log("PartyRegistered", handle=number, key=key),
            log("OfficeChanged", office=65532 + number, key=key),
        )
    ship.story.mine(count=K)
    ship.follow()
    with reading(ship.services.engine) as connection:
        assert tables.office(connection, 65537).key.lower() == key.lower()
        assert tables.party_by_handle(connection, 5).key.lower() == key.lower()
        assert tables.office(connection, 65538) is None
        assert events.history(connection, "handle:6") == []


def test_a_suspension_by_the_contract_stands_until_it_restores_the_party(ship):
    with ship.services.unit_of_work(SYSTEM) as uow:
        named = PartyNamed(handle=5, party_id="p", custody=Custody.PLATFORM, key="")
        uow.record("handle:5", named)
        uow.commit()

    def suspended():
        with reading(ship.services.engine) as connection:
            return tables.party_by_handle(connection, 5).suspended

    for name, expected in (("PartySuspended", True), ("PartyRestored", False)):
        for number in (5, 6):
            ship.story.mine(log(name, handle=number, reason=bytes(32)))
        ship.story.mine(count=K)
        ship.follow()
        assert suspended() is expected
    with reading(ship.services.engine) as connection:
        assert events.history(connection, "handle:6") == []


def test_a_refusal_of_an_instruction_that_others_sent_is_nobodys(ship):
    ship.story.mine(
        issued(),
        log(
            "InstructionRefused",
            signer=CONTRACT,
            digest=bytes(32),
            index=0,
            reason="StaleSequence",
        ),
    ).mine(count=K)
    assert ship.follow().happened() == ["Issued"]


class TestTwoEndpoints:
    """LEDGER 8.7."""

    def test_an_outcome_waits_for_the_second(self, services):
        story = Story().mine(issued())
        behind = story.copy().drop(1)
        story.mine(count=K)
        ship = Ship(services, story, behind).follow()
        assert ship.title() is None
        behind.blocks, behind.logs = story.blocks, story.logs
        assert ship.follow().title() is not None

    def test_another_block_is_believed_of_neither(self, services):
        story = Story().mine(issued()).mine(count=K)
        ship = Ship(services, story, Story().mine(issued(), fork="b").mine(count=K))
        with pytest.raises(EndpointsDisagreeError, match="different blocks 1"):
            ship.follow()
        assert ship.title() is None

    def test_other_logs_are_believed_of_neither(self, services):
        story = Story().mine(issued()).mine(count=K)
        second = story.copy()
        second.logs = {**story.logs, story.blocks[1].hash: []}
        ship = Ship(services, story, second)
        with pytest.raises(EndpointsDisagreeError, match="other logs of block 1"):
            ship.follow()
        assert ship.title() is None


def test_a_title_of_another_database_restored_is_followed_from_its_cursor(ship):
    """The contract and the cursor go together: a second start begins nowhere else."""
    ship.story.mine(issued()).mine(count=K)
    ship.follow()
    again = Ship(ship.services, ship.story.mine(HELD).mine(count=K))
    assert again.follow().happened() == ["Issued", "Held"]
    with ship.services.unit_of_work(SYSTEM, reading=True) as uow:
        assert tables.find_title(uow.connection, TITLE.hex()).holds == 1
