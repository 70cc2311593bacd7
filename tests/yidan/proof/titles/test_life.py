"""A title's life over a real node: keys, issue, consent, surrender, acceptance, the goods."""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from ledger.chain import instructions, typed_data
from ledger.chain.signing import address_of
from tests.chaos.ledger_parts import chain_node
from tests.port import Port
from tests.yidan.parties.agencies import refused_codes
from tests.yidan.proof.test_service import free_port
from yidan import bootstrap
from yidan.config import Settings
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import fsck, setup
from yidan.proof.service import Ledger
from yidan.proof.titles import calls
from yidan.release.actions import customs
from yidan.release.events.bill import Presentation
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules import Authority, InstructionState
from yidan.store import chain
from yidan.store.engine import reading, writing

pytestmark = pytest.mark.integration

OWN_KEY = b"\x07" * 32
"""The consignee brings it."""


class Harbour:
    """A platform with its ledger on a node of its own; the ledger's rounds are driven by hand."""

    def __init__(self, folder):
        settings = Settings(
            var=folder / "var",
            node_port=free_port(),
            witness_ports=",".join(str(free_port()) for _ in range(3)),
            confirmations=1,
            title_age_s=0,
        )
        self.services = bootstrap.build(settings)
        self.settings, self.desk = settings, self.services.titles
        setup.prepare(settings)
        self.port = Port(SimpleNamespace(open=self.services.unit_of_work))
        self.ledger = Ledger(self.services)
        self.stack = ExitStack()
        self.node = self.stack.enter_context(chain_node(settings))

    def round(self):
        self.ledger._next_chain = 0.0
        self.ledger.round()

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            self.round()

    def do(self, who, work):
        return self.port.do(who, work)

    def key(self, who):
        with reading(self.services.engine) as connection:
            found = tables.party_of(connection, self.port.ids[who])
        return found.key if found else ""

    def instruction(self, asked):
        with reading(self.services.engine) as connection:
            return tables.instruction(connection, asked.instruction.id)

    def title(self, title):
        with reading(self.services.engine) as connection:
            return tables.find_title(connection, title)

    def settled(self, asked):
        """Let the contract decide; answer the state and the contract's reason."""
        open_states = InstructionState.open()
        self.until(lambda: self.instruction(asked).state not in open_states)
        found = self.instruction(asked)
        return found.state, found.code

    def ask(self, who, title, act, **more):
        command = acts.InstructTitle(title=title, act=act, **more)
        return self.do(who, lambda uow: acts.instruct_title(command, self.desk, uow))

    def signed(self, who, asked, secret=OWN_KEY):
        shown = self.port.look(
            who, lambda uow: acts.see_instruction(asked.instruction.id, self.desk, uow)
        ).to_sign
        signature = typed_data.sign(secret, dict(shown)).hex()
        return self.do(who, lambda uow: acts.sign(asked.instruction.id, signature, self.desk, uow))

    def send_by_own_key(self, declined):
        """The consignee accepts by itself, past the platform, while it is asked to decline."""
        contract = self.desk._where()[1]
        title = bytes.fromhex(declined.title)
        accepting = calls.instruction(
            self.settings.chain_id,
            contract,
            instructions.call_data("accept", title, declined.sequence),
            declined.sequence,
            0,
            declined.deadline,
        )
        signature = typed_data.sign(OWN_KEY, accepting)
        message = accepting["message"]
        batch = [
            instructions.Signed(message["call"], message["deadline"], signature, declined.sequence)
        ]
        with writing(self.services.engine) as connection:
            chain.plan(
                connection,
                chain_id=self.settings.chain_id,
                address=setup.relayer(self.settings).address,
                key=f"foreign:{declined.id}",
                kind="relay",
                payload={"to": contract, "data": instructions.relay(batch).hex(), "gas": 10**6},
                now=self.port.now(),
            )

    def close(self):
        self.stack.close()
        self.ledger.close()
        self.services.engine.dispose()


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    found = Harbour(tmp_path_factory.mktemp("harbour"))
    port = found.port.people()
    port.party("administration", Role.ADMINISTRATOR)
    found.until(lambda: setup.read_policy(found.settings).chain is not None)
    for who in ("carrier", "forwarder", "bank", "customs"):
        named = keys.NameKey(custody=Custody.PLATFORM)
        found.do(who, lambda uow, named=named: keys.name_key(named, found.desk, uow))
    own = keys.NameKey(custody=Custody.OWN, key=address_of(OWN_KEY).lower())
    handle = found.do("consignee", lambda uow: keys.name_key(own, found.desk, uow)).handle
    shown = found.desk.possession(handle, address_of(OWN_KEY))
    proof = typed_data.sign(OWN_KEY, shown).hex()
    with pytest.raises(RefusedError):
        found.do("consignee", lambda uow: keys.prove_key("11" * 65, found.desk, uow))
    found.do("consignee", lambda uow: keys.prove_key(proof, found.desk, uow))
    for office in (
        keys.GiveOffice(party=port.ids["carrier"]),
        keys.GiveOffice(party=port.ids["customs"], authority=Authority.CUSTOMS),
    ):
        found.do("administration", lambda uow, office=office: keys.give_office(office, uow))
    found.until(lambda: all(found.key(who) for who in ("carrier", "consignee", "customs", "bank")))

    def offices_kept():
        with reading(found.services.engine) as connection:
            mine = [one for one in tables.offices(connection) if one.party_id]
        return all(one.key for one in mine)

    found.until(offices_kept)
    assert found.key("consignee") == address_of(OWN_KEY)
    yield found
    found.close()


@pytest.fixture
def issued(harbour):
    """A title of the example bill, in the forwarder's hand."""
    with reading(harbour.services.engine) as connection:
        known = tables.all_titles(connection)
    number = f"EOCLYG2611{len(known):04d}"
    waybill_id = harbour.port.bill(number, negotiable=True)
    command = acts.IssueTitle(waybill_id=waybill_id, holder=harbour.port.ids["forwarder"])
    asked = harbour.do("agent", lambda uow: acts.issue_title(command, harbour.desk, uow))
    with pytest.raises(RefusedError, match="title-issued-already"):
        harbour.do("carrier", lambda uow: acts.issue_title(command, harbour.desk, uow))
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    return SimpleNamespace(number=number, waybill_id=waybill_id, id=asked.instruction.title)


def test_a_title_goes_from_issue_to_an_accepted_surrender(harbour, issued):
    goods = {"transport_document_reference": issued.number, "delivery_order_reference": "DO-1"}
    with pytest.raises(RefusedError, match="title-not-surrendered"):
        harbour.port.granted(**goods)
    by_hand = customs.PresentTitle(waybill_id=issued.waybill_id, presentation=Presentation.TELEX)
    with pytest.raises(RefusedError, match="title-on-chain"):
        harbour.do("agent", lambda uow: customs.present_title(by_hand, uow))
    title = harbour.title(issued.id)
    assert (title.state, title.holder_party) == ("active", harbour.port.ids["forwarder"])
    assert title.transport_document_reference == issued.number
    with reading(harbour.services.engine) as connection:
        found = tables.titles_of_document(connection, title.bill, title.document_commitment)
        assert found == [title]

    # The forwarder, whose key the platform keeps, passes it to the consignee, who keeps its own.
    asked = harbour.ask("forwarder", issued.id, Act.TRANSFER, to=harbour.port.ids["consignee"])
    mine = asked.instruction.id
    shown = harbour.port.look(
        "consignee", lambda uow: acts.see_instruction(mine, harbour.desk, uow)
    ).to_sign
    assert shown["primaryType"] == "TransferConsent"
    other = typed_data.sign(b"\x09" * 32, dict(shown)).hex()
    for signature, error in ((other, RefusedError), ("", InvalidError)):
        with pytest.raises(error):
            harbour.do(
                "consignee",
                lambda uow, signature=signature: acts.consent(mine, signature, harbour.desk, uow),
            )
    with pytest.raises(NotFoundError):
        harbour.do("bank", lambda uow: acts.consent(mine, "", harbour.desk, uow))
    good = typed_data.sign(OWN_KEY, dict(shown)).hex()
    harbour.do("consignee", lambda uow: acts.consent(mine, good, harbour.desk, uow))
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.id).holder_party == harbour.port.ids["consignee"]
    with pytest.raises(NotFoundError):
        harbour.ask("forwarder", issued.id, Act.SURRENDER)

    # The consignee surrenders by a signature of its own.
    asked = harbour.ask("consignee", issued.id, Act.SURRENDER)
    assert asked.instruction.state is InstructionState.AWAITING_SIGNATURE
    with pytest.raises(RefusedError):
        harbour.signed("consignee", asked, secret=b"\x09" * 32)
    harbour.signed("consignee", asked)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.id).state == "surrendered"

    # The carrier's agent accepts; a dismissed one may not.
    harbour.port.dismissed(harbour.port.agency_id)
    assert refused_codes(lambda: harbour.ask("agent", issued.id, Act.ACCEPT_SURRENDER)) == [
        "agent-not-appointed"
    ]
    harbour.port.agency_id = harbour.port.appointed()
    asked = harbour.ask("agent", issued.id, Act.ACCEPT_SURRENDER)
    with pytest.raises(RefusedError, match="title-not-surrendered"):
        harbour.port.granted(**goods)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.id).state == "releasing"

    # The goods may go by the confirmed outcome; an authority's hold on the title stops them.
    asked = harbour.ask("customs", issued.id, Act.HOLD, authority=Authority.CUSTOMS)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    with pytest.raises(RefusedError, match="title-goods-held"):
        harbour.port.granted(**goods)
    asked = harbour.ask("customs", issued.id, Act.UNHOLD, authority=Authority.CUSTOMS)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.port.granted(**goods).release_id


def test_a_pledge_stops_the_surrender_until_the_bank_agrees(harbour, issued):
    bank = harbour.port.ids["bank"]
    with pytest.raises(RefusedError, match="title-pledgee-not-bank"):
        harbour.ask("forwarder", issued.id, Act.PLEDGE, to=harbour.port.ids["customs"])
    asked = harbour.ask("forwarder", issued.id, Act.PLEDGE, to=bank, notice_s=86_400)
    with pytest.raises(RefusedError, match="title-instruction-open"):
        harbour.ask("forwarder", issued.id, Act.SURRENDER)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.id).pledgee_party == bank
    with pytest.raises(RefusedError, match="title-pledged"):
        harbour.ask("forwarder", issued.id, Act.SURRENDER)
    asked = harbour.ask("forwarder", issued.id, Act.SURRENDER_PLEDGED)
    mine = asked.instruction.id
    harbour.do("bank", lambda uow: acts.consent(mine, "", harbour.desk, uow))
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    asked = harbour.ask("carrier", issued.id, Act.REJECT_SURRENDER)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    asked = harbour.ask("bank", issued.id, Act.DISCHARGE)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    assert harbour.title(issued.id).state == "active"


def test_an_offer_is_accepted_by_its_taker_and_a_call_of_anothers_making_is_followed(
    harbour, issued
):
    """What another sends at the same sequence is the contract's outcome, not the platform's."""
    to = harbour.port.ids["consignee"]
    asked = harbour.ask("forwarder", issued.id, Act.PROPOSE, to=to)
    assert harbour.settled(asked) == (InstructionState.CONFIRMED, "")
    with pytest.raises(NotFoundError):
        harbour.ask("bank", issued.id, Act.ACCEPT)
    declined = harbour.ask("consignee", issued.id, Act.DECLINE)
    harbour.send_by_own_key(declined.instruction)
    harbour.until(lambda: harbour.title(issued.id).holder_party == to)
    harbour.signed("consignee", declined)
    assert harbour.settled(declined) == (InstructionState.REFUSED, "NotPending")


def test_fsck_finds_a_row_that_the_contract_does_not_know(harbour, issued):
    engine, settings = harbour.services.engine, harbour.settings
    assert [f for f in fsck.check(engine, settings).findings if f.startswith("title")] == []
    held = harbour.title(issued.id).word
    changed = f"{int(held, 16) ^ 1 << 200:064x}"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE titles_title SET word = '{changed}' WHERE id = '{issued.id}'"
        )
    found = [f for f in fsck.check(engine, settings).findings if f.startswith("title")]
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE titles_title SET word = '{held}' WHERE id = '{issued.id}'"
        )
    assert found == [f"title {issued.id}: the contract has {held}, the projection {changed}"]
