"""Passing a right: one holder at any time, whatever the parties try (SM-A2, invariants 1 to 6)."""

from datetime import timedelta

import pytest

from tests.port import BOX, PLATE
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.release.actions import rights
from yidan.release.rules.right import RIGHT, RightState


def codes(raised):
    return [reason.code for reason in raised.value.reasons]


@pytest.fixture
def right(port):
    port.people().bill()
    port.listed()
    port.granted()
    return port.right_of()


def test_the_first_holder_is_the_party_the_carrier_released_to(port, right):
    assert right.state is RightState.HELD
    assert right.holder == port.ids["consignee"]
    assert right.serial_number == 1


def test_a_right_passes_by_offer_and_acceptance(port, right):
    passed = port.passed_to_haulier(right.id).right
    assert passed.state is RightState.HELD
    assert passed.chain == (port.ids["consignee"], port.ids["haulier"])


def test_a_first_party_the_platform_does_not_know_leaves_the_right_unassigned(port):
    port.people().bill()
    port.listed()
    port.granted(release_to="91310115MA1K3YXX4T")
    right = port.right_of()
    assert right.state is RightState.UNASSIGNED
    named = rights.NameHolder(right_id=right.id, holder=port.ids["consignee"])
    port.do("agent", lambda uow: rights.name_holder(named, uow))
    assert port.right_of().holder == port.ids["consignee"]


def test_only_who_is_offered_the_right_may_accept_it(port, right):
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["haulier"],
        expires_at=port.now() + timedelta(hours=1),
    )
    port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    with pytest.raises(NotFoundError):
        port.do("other haulier", lambda uow: rights.accept_right(right.id, uow))
    with pytest.raises(RefusedError) as refused:
        port.do("agent", lambda uow: rights.accept_right(right.id, uow))
    assert codes(refused) == ["right-not-offered-to-you"]


def test_a4_a_holder_cannot_pass_the_same_right_to_two_parties(port, right):
    until = port.now() + timedelta(hours=1)
    first = rights.OfferRight(right_id=right.id, offered_to=port.ids["haulier"], expires_at=until)
    second = rights.OfferRight(
        right_id=right.id, offered_to=port.ids["other haulier"], expires_at=until
    )
    port.do("consignee", lambda uow: rights.offer_right(first, uow))
    with pytest.raises(RefusedError) as refused:
        port.do("consignee", lambda uow: rights.offer_right(second, uow))
    assert codes(refused) == ["not-in-this-state"]
    port.do("haulier", lambda uow: rights.accept_right(right.id, uow))
    with pytest.raises(RefusedError) as refused:
        port.do("consignee", lambda uow: rights.offer_right(second, uow))
    assert codes(refused) == ["right-not-yours"]
    assert port.right_of().holder == port.ids["haulier"]


def test_a4_nobody_passes_a_right_on_after_the_carrier_revoked_the_release(port, right):
    from yidan.release.actions import cancellations

    port.passed_to_haulier(right.id)
    port.do(
        "agent",
        lambda uow: cancellations.cancel_release(right.release_id, (), "wrong consignee", uow),
    )
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["other haulier"],
        expires_at=port.now() + timedelta(hours=1),
    )
    with pytest.raises(RefusedError) as refused:
        port.do("haulier", lambda uow: rights.offer_right(offer, uow))
    assert codes(refused) == ["right-suspended"]


def test_a_declined_offer_leaves_the_right_where_it_was_and_out_of_sight(port, right):
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["haulier"],
        expires_at=port.now() + timedelta(hours=1),
    )
    port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    port.do("haulier", lambda uow: rights.decline_right(right.id, "no truck", uow))
    assert port.right_of().holder == port.ids["consignee"]
    with pytest.raises(NotFoundError):
        port.do("haulier", lambda uow: rights.accept_right(right.id, uow))


def test_an_offer_may_be_taken_back_only_until_it_is_accepted(port, right):
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["haulier"],
        expires_at=port.now() + timedelta(hours=1),
    )
    port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    port.do("consignee", lambda uow: rights.revoke_offer(right.id, "mistake", uow))
    assert port.right_of().state is RightState.HELD
    port.passed_to_haulier(right.id)
    with pytest.raises(RefusedError) as refused:
        port.do("consignee", lambda uow: rights.revoke_offer(right.id, "mistake", uow))
    assert codes(refused) == ["right-not-yours", "not-in-this-state"]


def test_an_offer_ends_by_the_clock_of_the_transaction(port, right):
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["haulier"],
        expires_at=port.now() + timedelta(milliseconds=300),
    )
    port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    port.wait_until(offer.expires_at)
    with pytest.raises(RefusedError) as refused:
        port.do("haulier", lambda uow: rights.accept_right(right.id, uow))
    assert codes(refused) == ["right-offer-expired"]
    port.passed_to_haulier(right.id)
    types = [r.event.TYPE for r in port.look("system", lambda u: u.history(f"right:{right.id}"))]
    assert types[-3:] == [
        "release.offer_expired.v1",
        "release.right_offered.v1",
        "release.right_accepted.v1",
    ]


def test_a_right_returned_goes_back_to_its_giver(port, right):
    port.passed_to_haulier(right.id)
    port.do("haulier", lambda uow: rights.return_right(right.id, "no driver", uow))
    back = port.right_of()
    assert (back.holder, back.chain) == (port.ids["consignee"], (port.ids["consignee"],))


def test_truck_and_driver_are_named_changed_and_taken_off_by_the_holder_only(port, right):
    port.passed_to_haulier(right.id)
    with pytest.raises(RefusedError) as refused:
        port.assigned(right.id, who="consignee")
    assert codes(refused) == ["right-not-yours"]
    port.assigned(right.id)
    changed = port.assigned(right.id, plate="苏GB5678").right
    assert (changed.state, changed.plate) == (RightState.ASSIGNED, "苏GB5678")
    port.do("haulier", lambda uow: rights.unassign_right(right.id, "breakdown", uow))
    assert port.right_of().plate == ""


def test_a_malformed_plate_is_a_finding_and_nothing_is_assigned(port, right):
    port.passed_to_haulier(right.id)
    with pytest.raises(InvalidError) as invalid:
        port.assigned(right.id, plate="苏ga1234\n")
    assert codes(invalid) == ["identifier-not-plain"]
    assert port.right_of().plate == ""


def test_a_haulier_pre_notifies_by_bill_and_box(port, right):
    from yidan.ports import MessageFunction, PreNotifyPickup

    port.passed_to_haulier(right.id)
    told = PreNotifyPickup(
        function=MessageFunction.ORIGINAL,
        transport_document_reference="EOCLYG26110042",
        equipment_reference=BOX,
        plate=PLATE,
        driver_id="D1",
        planned_at=port.now(),
    )
    outcome = port.do("haulier", lambda uow: rights.pre_notify_pickup(told, uow))
    assert outcome.applied
    assert port.right_of().plate == PLATE
    with pytest.raises(RefusedError) as refused:
        port.do("other haulier", lambda uow: rights.pre_notify_pickup(told, uow))
    assert codes(refused) == ["right-not-found-for-box"]


def test_a_party_that_is_not_verified_may_not_act(port, right):
    from yidan.kernel.reasons import Role

    port.party("newcomer", Role.HAULIER, verified=False)
    with pytest.raises(ForbiddenError):
        port.do("newcomer", lambda uow: rights.accept_right(right.id, uow))
    offer = rights.OfferRight(
        right_id=right.id,
        offered_to=port.ids["newcomer"],
        expires_at=port.now() + timedelta(hours=1),
    )
    with pytest.raises(InvalidError) as invalid:
        port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    assert codes(invalid) == ["release-party-not-known"]


def test_nothing_moves_while_ledger_and_chain_disagree(port, right):
    from yidan.store.engine import writing
    from yidan.store.ledger_state import stop_releases

    with writing(port.workshop.engine) as connection:
        stop_releases(connection, "root differs", since=port.now())
    with pytest.raises(RefusedError) as refused:
        port.passed_to_haulier(right.id)
    assert codes(refused) == ["releases-stopped"]


def test_replaying_the_history_gives_the_state_and_the_position_counts_it(port, right):
    port.passed_to_haulier(right.id)
    port.assigned(right.id)
    subject = f"right:{right.id}"
    history = port.look("system", lambda uow: uow.history(subject))
    assert RIGHT.replay(type(recorded.event) for recorded in history) is RightState.ASSIGNED
    assert port.do("system", lambda uow: uow.position(subject)) == len(history)
    assert port.right_of().state is RightState.ASSIGNED
