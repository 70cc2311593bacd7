"""A title's life over a real node: keys, issue, consent, surrender, acceptance, the goods."""

from types import SimpleNamespace

import pytest

from ledger.chain import typed_data
from tests.harbour import OWN_KEY, furnished
from tests.yidan.parties.agencies import refused_codes
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.proof import fsck
from yidan.release.actions import customs
from yidan.release.events.bill import Presentation
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.events import Act
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority
from yidan.store.engine import reading

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    found = furnished(tmp_path_factory.mktemp("harbour"))
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
