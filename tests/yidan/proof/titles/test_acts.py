"""Acts of holders and pledgees on the real contract, on a chain whose clock is days behind."""

import time
from datetime import timedelta

import pytest

from tests.harbour import furnished
from yidan.kernel.errors import RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import fsck
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.actions.amending import Child, Wish
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.store.engine import reading

pytestmark = pytest.mark.integration

AMEND = Act.SURRENDER_FOR_AMENDMENT
CONFIRMED = (InstructionState.CONFIRMED, "")
DAY_S = 86_400


class Behind:
    """A chain's clock that can be set forward."""

    seconds = 20 * DAY_S

    def __call__(self):
        return time.time() - self.seconds


@pytest.fixture(scope="module")
def clock():
    return Behind()


@pytest.fixture(scope="module")
def harbour(tmp_path_factory, clock):
    found = furnished(tmp_path_factory.mktemp("harbour"), clock)
    yield found
    found.close()


@pytest.fixture
def title(harbour):
    """A title of 10 boxes' worth in the forwarder's hand; its id."""
    return issued(harbour)


def issued(harbour, quantity=10):
    with reading(harbour.services.engine) as connection:
        known = tables.all_titles(connection)
    waybill_id = harbour.port.bill(f"EOCLYG2612{len(known):04d}", negotiable=True)
    command = acts.IssueTitle(
        waybill_id=waybill_id, holder=harbour.port.ids["forwarder"], quantity=quantity
    )
    asked = harbour.do("agent", lambda uow: acts.issue_title(command, harbour.desk, uow))
    assert harbour.settled(asked) == CONFIRMED
    return asked.instruction.title


def done(harbour, who, title, act, **more):
    """Ask for an act and see the contract perform it."""
    asked = harbour.ask(who, title, act, **more)
    assert harbour.settled(asked) == CONFIRMED
    return harbour.title(title)


def pledged(harbour, title):
    more = {"to": harbour.port.ids["bank"], "notice_s": DAY_S}
    return done(harbour, "forwarder", title, Act.PLEDGE, **more)


def test_a_notice_runs_out_and_an_unanswered_offer_is_no_dead_end(harbour, title, clock):
    pledged(harbour, title)
    with pytest.raises(RefusedError, match="title-no-notice"):
        harbour.ask("bank", title, Act.FORECLOSE)
    assert done(harbour, "bank", title, Act.GIVE_NOTICE).foreclosing
    assert not done(harbour, "bank", title, Act.WITHDRAW_NOTICE).foreclosing
    done(harbour, "bank", title, Act.GIVE_NOTICE)
    asked = harbour.ask("bank", title, Act.FORECLOSE)
    assert harbour.settled(asked) == (InstructionState.REFUSED, "NoticeRunning")
    clock.seconds -= 2 * DAY_S
    found = done(harbour, "bank", title, Act.FORECLOSE)
    bank = harbour.port.ids["bank"]
    assert (found.owner_party, found.holder_party, found.pledged) == (bank, bank, False)

    until = harbour.port.now() + timedelta(seconds=2)
    offered = {"to": harbour.port.ids["consignee"], "offered_until": until}
    later = harbour.port.now() + timedelta(days=1)
    done(harbour, "bank", title, Act.PROPOSE, deadline=later, **offered)
    clock.seconds = -5
    harbour.until(lambda: harbour.port.now() > until)
    assert done(harbour, "bank", title, Act.RECLAIM).state == "active"


def test_a_pledge_is_assigned_to_another_bank(harbour, title):
    second = harbour.port.party("second bank", Role.BANK)
    named = keys.NameKey(custody=Custody.PLATFORM)
    harbour.do("second bank", lambda uow: keys.name_key(named, harbour.desk, uow))
    harbour.until(lambda: harbour.key("second bank"))
    pledged(harbour, title)
    found = done(harbour, "bank", title, Act.ASSIGN_PLEDGE, to=second)
    assert found.pledgee_party == second
    assert not done(harbour, "second bank", title, Act.DISCHARGE).pledged


def heirs(harbour, title):
    with reading(harbour.services.engine) as connection:
        return sorted(tables.heirs_of(connection, title), key=lambda one: one.quantity)


def wish(*quantities, **more):
    return Wish(children=tuple(Child(quantity=one) for one in quantities), **more)


def test_a_title_is_split_by_its_holder_and_issuer_and_its_parts_merged_again(harbour, title):
    asked = done(harbour, "forwarder", title, AMEND, wish=wish(3, 7))
    assert asked.state == "amendment"
    assert done(harbour, "agent", title, Act.REPLACE).state == "void"
    three, seven = heirs(harbour, title)
    assert (three.quantity, seven.quantity, three.state) == (3, 7, "active")
    number = harbour.title(title).transport_document_reference
    assert {three.transport_document_reference, seven.transport_document_reference} == {number}

    document = "dd" * 32
    merged = Wish(children=(Child(quantity=10, document_commitment=document),), others=(seven.id,))
    asked = harbour.ask("forwarder", three.id, AMEND, wish=merged)
    with reading(harbour.services.engine) as connection:
        waiting = [one.title for one in tables.open_instructions(connection, act=AMEND)]
    assert sorted(waiting) == sorted([three.id, seven.id])
    assert harbour.settled(asked) == CONFIRMED
    harbour.until(lambda: harbour.title(seven.id).state == "amendment")
    with pytest.raises(RefusedError, match="title-wish-unknown"):
        harbour.ask("agent", seven.id, Act.REPLACE)
    assert done(harbour, "agent", three.id, Act.REPLACE).state == "void"
    assert harbour.title(seven.id).state == "void"
    (whole,) = heirs(harbour, three.id)
    assert (whole.quantity, whole.document_commitment) == (10, document)
    assert set(whole.parents) == {three.id, seven.id}
    engine, settings = harbour.services.engine, harbour.settings
    assert [f for f in fsck.check(engine, settings).findings if f.startswith("title")] == []


def test_an_amendment_is_rejected_a_title_voided_and_another_put_on_paper(harbour, title):
    done(harbour, "forwarder", title, AMEND, wish=wish())
    assert done(harbour, "agent", title, Act.REJECT_AMENDMENT, why="no").state == "active"
    done(harbour, "forwarder", title, AMEND, wish=wish())
    with pytest.raises(RefusedError, match="title-asked-otherwise"):
        harbour.ask("agent", title, Act.SWITCH_TO_PAPER)
    assert done(harbour, "agent", title, Act.REPLACE).state == "void"
    assert heirs(harbour, title) == []
    other = issued(harbour)
    done(harbour, "forwarder", other, AMEND, wish=Wish(paper="ab" * 32))
    assert done(harbour, "agent", other, Act.SWITCH_TO_PAPER).state == "paper"
    to = harbour.port.ids["consignee"]
    asked = harbour.ask("agent", other, Act.SWITCH_BACK, to=to)
    with pytest.raises(RefusedError, match="title-being-issued"):
        harbour.port.granted(
            transport_document_reference=harbour.title(other).transport_document_reference,
            delivery_order_reference="DO-PAPER",
        )
    assert harbour.settled(asked) == CONFIRMED
    again = harbour.title(asked.instruction.title)
    assert (again.holder_party, again.parents, again.quantity) == (to, (other,), 10)
    assert again.transport_document_reference == harbour.title(other).transport_document_reference
    with pytest.raises(RefusedError, match="title-switched-back"):
        harbour.ask("agent", other, Act.SWITCH_BACK, to=to)


def test_a_pledged_title_is_split_into_four_with_its_pledgee(harbour, title):
    """The most that one instruction does within its gas on the contract."""
    pledged(harbour, title)
    asked = harbour.ask("forwarder", title, Act.SURRENDER_PLEDGED, wish=wish(1, 2, 3, 4))
    mine = asked.instruction.id
    harbour.do("bank", lambda uow: acts.consent(mine, "", harbour.desk, uow))
    assert harbour.settled(asked) == CONFIRMED
    assert done(harbour, "agent", title, Act.REPLACE).state == "void"
    bank = harbour.port.ids["bank"]
    assert [(one.quantity, one.pledgee_party) for one in heirs(harbour, title)] == [
        (1, bank),
        (2, bank),
        (3, bank),
        (4, bank),
    ]


def test_the_administrator_suspends_a_party_on_the_contract_and_restores_it(harbour, title):
    def stands(suspended):
        command = keys.AskStanding(
            party=harbour.port.ids["forwarder"], suspended=suspended, why="papers are missing"
        )
        harbour.do("administration", lambda uow: keys.ask_standing(command, uow))

        def known():
            with reading(harbour.services.engine) as connection:
                party = tables.party_of(connection, harbour.port.ids["forwarder"])
            return party.suspended is suspended and not party.standing_waits

        harbour.until(known)

    stands(suspended=True)
    with pytest.raises(RefusedError, match="title-party-suspended"):
        harbour.ask("forwarder", title, Act.SURRENDER)
    stands(suspended=False)
    assert done(harbour, "forwarder", title, Act.SURRENDER).state == "surrendered"
