"""Attacks on the lane: parties that lost their standing, kiosks that clear each other's doubts."""

import pytest

from tests.lanes import codes
from yidan.gate.actions import resolutions
from yidan.gate.actions.resolutions import Readings, ResolveTransaction
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import ForbiddenError, RefusedError
from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.parties import actions as parties
from yidan.parties import events as party_events
from yidan.parties.events import ClientKind
from yidan.release.rules.right import RightState


def suspended(port, who):
    happened = party_events.OrganisationSuspended(organisation_id=port.ids[who])
    port.do("system", lambda uow: uow.record(f"organisation:{port.ids[who]}", happened))


def test_a5_a_holder_suspended_between_decision_and_barrier_stays_in(port, lanes):
    lanes.inside()
    out = lanes.goes_out()
    suspended(port, "haulier")
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["right-holder-not-verified"]
    assert port.right_of().state is RightState.LOCKED_AT_GATE


def test_a5_a_suspended_holder_does_not_come_in(port, lanes):
    suspended(port, "haulier")
    found = lanes.comes_in()
    assert found.state is TransactionState.REJECTED
    assert codes(found) == ["right-holder-not-verified"]


def test_a15_a_box_does_not_leave_on_another_bill_than_the_terminal_lists_it_under(port, lanes):
    lanes.inside()
    port.listed(number="EOCLYG26119999")
    out = lanes.goes_out()
    assert out.state is TransactionState.REJECTED
    assert codes(out) == ["box-listed-under-other-bill"]


@pytest.mark.parametrize("order", [("EOCLYG26110042", "X1"), ("X1", "EOCLYG26110042")])
def test_a15_one_conflicting_listing_of_several_keeps_the_box_in(port, lanes, order):
    lanes.inside()
    port.listed(number=order[0], further_bills=order[1:])
    out = lanes.goes_out()
    assert out.state is TransactionState.REJECTED
    assert codes(out) == ["box-listed-under-other-bill"]


@pytest.mark.parametrize(("listed", "number"), [("", "X1"), ("EOCLYG26110042", "EOCLYG26110042")])
def test_a15_a_box_two_carriers_bills_claim_does_not_leave_unless_the_list_tells(
    port, lanes, listed, number
):
    lanes.inside()
    port.party("other carrier", Role.CARRIER)
    port.bill(number, carrier="other carrier", agent="other carrier")
    port.listed(number=listed)
    out = lanes.goes_out()
    assert codes(out) == ["box-listed-under-other-bill"]


@pytest.mark.parametrize(("kind", "may"), [(ClientKind.DEVICE, False), (ClientKind.MACHINE, True)])
def test_a11_one_kiosk_never_clears_what_another_one_referred(port, lanes, kind, may):
    lanes.inside()
    referred = lanes.goes_out(gross_mass_kg=60_000)
    assert referred.state is TransactionState.REFERRED
    terminal = port.ids["terminal"]
    key = parties.EnrolClient(
        organisation_id=terminal, kind=kind, name="B", public_key="x", scopes=()
    )
    with port.workshop.open(SYSTEM) as uow:
        other = parties.enrolled(key, "B", frozenset({"gate:write"}), uow).client.id
        uow.commit()
    command = ResolveTransaction(
        transaction_id=referred.id, approve=True, why="weighed again", readings=Readings()
    )

    def resolve():
        with port.workshop.open(Actor(party=terminal, user=other)) as uow:
            answered = resolutions.resolve_transaction(command, lanes.site, uow)
            uow.commit()
            return answered.transaction.state

    if may:
        assert resolve() is TransactionState.APPROVED
    else:
        with pytest.raises(ForbiddenError) as refused:
            resolve()
        assert codes(refused) == ["gate-resolution-by-device"]
