"""The relayer's account runs empty between two titles' acts, on a real node (S74, T2)."""

import time
from dataclasses import replace

import pytest
from eth_account import Account

from ledger.chain.client import ChainClient
from ledger.chain.signing import address_of
from tests.harbour import Harbour
from tests.port import BOX, box_number
from yidan.kernel.reasons import Role
from yidan.proof import lag, setup
from yidan.proof.service import Ledger
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import ISSUERS
from yidan.store import following
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing
from yidan.store.ledger_tables import ChainSender

pytestmark = pytest.mark.integration

PURSE = b"\x0b" * 32
"""Where the money goes, and whence it comes back."""
OTHER_BOX = box_number(305439)
GWEI = 10**9
TRANSFER_GAS = 21_000


class Purse:
    """Moves money between the relayer and the purse, past the platform."""

    def __init__(self, harbour):
        settings = harbour.settings
        self.harbour, self.relayer = harbour, setup.relayer_key(settings)
        self.client = ChainClient.connect(settings.chain_rpc_url, settings.chain_id)

    def empties(self):
        """Whoever holds the relayer's key takes everything; the platform is told of the nonce."""
        nonce = self._moved(self.relayer, address_of(PURSE))
        with writing(self.harbour.services.engine) as connection:
            values = {"next_nonce": nonce + 1}
            connection.execute(ChainSender.__table__.update().values(values))

    def fills(self):
        self._moved(PURSE, address_of(self.relayer))

    def balance(self):
        return self.client.balance_wei(address_of(self.relayer))

    def sends_nothing(self):
        """Blocks come, of which nothing is the platform's."""
        self._moved(PURSE, address_of(PURSE), value=0)

    def _moved(self, secret, to, value=None):
        own = address_of(secret)
        nonce, cost = self.client.nonce(own), TRANSFER_GAS * 3 * GWEI
        left = self.client.balance_wei(own) - cost
        fields = {
            "type": 2, "chainId": self.harbour.settings.chain_id, "nonce": nonce, "to": to,
            "value": left if value is None else value, "data": b"", "gas": TRANSFER_GAS,
            "maxFeePerGas": 3 * GWEI, "maxPriorityFeePerGas": 3 * GWEI,
        }  # fmt: skip
        self.client.broadcast(bytes(Account.sign_transaction(fields, secret).raw_transaction))
        deadline = time.monotonic() + 20
        while self.client.nonce(own) == nonce:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return nonce


@pytest.fixture
def harbour(tmp_path):
    """A carrier that issues titles, and a forwarder that can hold them."""
    found = Harbour(tmp_path)
    port = found.port.people()
    port.party("administration", Role.ADMINISTRATOR)
    found.until(lambda: setup.read_policy(found.settings).chain is not None)
    named = keys.NameKey(custody=Custody.PLATFORM)
    for who in ("carrier", "forwarder"):
        found.do(who, lambda uow: keys.name_key(named, found.desk, uow))
    office = keys.GiveOffice(party=port.ids["carrier"])
    found.do("administration", lambda uow: keys.give_office(office, uow))
    found.until(lambda: office_kept(found))
    yield found
    found.close()


def office_kept(harbour):
    """Whether the contract has every key and the issuer's office."""
    with reading(harbour.services.engine) as connection:
        kept = tables.office(connection, ISSUERS + 1)
    return bool(kept and kept.key and harbour.key("forwarder"))


def nothing_open(harbour):
    with reading(harbour.services.engine) as connection:
        return lag.measure(connection, harbour.port.now()).instructions_open == 0


def followed(harbour):
    """Number of the newest block whose outcomes were recorded."""
    with reading(harbour.services.engine) as connection:
        return following.cursor(connection, harbour.desk._where()[1])


def cleared_by_hand(port):
    """One box of a bill without a title, its right with the haulier, truck named; the right."""
    port.bill()
    (visit_id,) = port.listed().visit_ids
    port.granted()
    port.green(visit_id)
    right = port.right_of(BOX)
    port.passed_to_haulier(right.id)
    port.assigned(right.id)
    return right


def alarms(harbour):
    with reading(harbour.services.engine) as connection:
        return {alarm.kind for alarm in open_alarms(connection)}


def begun_again(harbour, **settings):
    """The same installation with other settings."""
    harbour.ledger.close()
    harbour.settings = replace(harbour.settings, **settings)
    harbour.services = replace(harbour.services, settings=harbour.settings)
    harbour.ledger = Ledger(harbour.services)


def test_s74_with_an_empty_wallet_a_surrender_waits_and_releases_go_on(harbour):
    waybill_id = harbour.port.bill("EOCLYG26110077", boxes=(OTHER_BOX,), negotiable=True)
    command = acts.IssueTitle(waybill_id=waybill_id, holder=harbour.port.ids["forwarder"])
    issued = harbour.do("agent", lambda uow: acts.issue_title(command, harbour.desk, uow))
    assert harbour.settled(issued) == (InstructionState.CONFIRMED, "")
    right = cleared_by_hand(harbour.port)
    purse = Purse(harbour)
    harbour.until(lambda: nothing_open(harbour))
    purse.empties()
    assert purse.balance() < 10**15
    begun_again(harbour, title_alarm_s=0)

    asked = harbour.ask("forwarder", issued.instruction.title, Act.SURRENDER)
    for _ in range(6):
        harbour.round()
    assert harbour.instruction(asked).state is InstructionState.READY
    assert harbour.title(issued.instruction.title).state == "active"
    assert "title-age" in alarms(harbour)
    # What was granted goes on, and so does what reads the chain.
    assert harbour.port.assigned(right.id, plate="苏GA9999")
    before = followed(harbour)
    purse.sends_nothing()
    harbour.round()
    assert followed(harbour) > before

    purse.fills()
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.instruction.title).state == "surrendered"
