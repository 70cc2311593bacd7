"""Granting, replacing, cancelling: the bill's own carrier or agent, box by box (SM-A1)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.port import BOX, box_number
from tests.yidan.parties.agencies import refused_codes
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve
from yidan.ports import MessageFunction
from yidan.release.actions import cancellations, customs, grants, looking, rights
from yidan.release.events.bill import Presentation
from yidan.release.rules.commercial import CommercialState
from yidan.release.rules.right import RightState
from yidan.release.tables import rights as rows

OTHER = box_number(305439)
THIRD = box_number(305440)


def codes(raised):
    return [reason.code for reason in raised.value.reasons]


def state_of(port, release_id):
    return port.look("agent", lambda uow: looking.look_at_release(release_id, uow))


@pytest.fixture
def bill(port):
    return port.people().bill(boxes=(BOX, OTHER))


def test_a_grant_arms_a_right_for_each_box_and_issues_a_delivery_order(port, bill):
    port.listed((BOX, OTHER))
    done = port.granted((BOX, OTHER))
    view = state_of(port, done.release_id)
    assert view.state is CommercialState.GRANTED
    assert {right.serial_number for right in view.rights.values()} == {1, 2}
    assert port.documents(f"release:{done.release_id}") == ["delivery_order issued"]


def test_a_release_waits_for_the_terminals_list_and_is_granted_by_it(port, bill):
    done = port.granted((BOX, OTHER))
    assert state_of(port, done.release_id).state is CommercialState.PENDING_TERMINAL_ACK
    assert port.listed((BOX,)).acknowledged_release_ids == ()
    assert port.listed((OTHER,)).acknowledged_release_ids == (done.release_id,)
    assert state_of(port, done.release_id).state is CommercialState.GRANTED


def test_a15_an_agent_speaks_of_its_own_bills_only(port, bill):
    port.party("other agent", Role.SHIPPING_AGENT)
    with pytest.raises(NotFoundError):
        port.granted(who="other agent")
    with pytest.raises(ForbiddenError):
        port.granted(who="consignee")
    port.listed()
    release_id = port.granted().release_id
    with pytest.raises(NotFoundError):
        port.do("other agent", lambda u: cancellations.cancel_release(release_id, (), "x", u))
    with pytest.raises(NotFoundError):
        port.granted(who="other agent", function=MessageFunction.CANCEL)


def test_an_agent_that_the_carrier_did_not_appoint_releases_nothing(port, bill):
    """The forwarder names the agent on the bill: its friend would let the goods go."""
    port.party("friend", Role.SHIPPING_AGENT)
    number, order = "EOCLYG26110043", "DO-LYG-26-118821"
    theirs = {"transport_document_reference": number, "delivery_order_reference": order}
    waybill_id = port.bill(number, (THIRD,), agent="friend", as_party={"SHIPPING_AGENT": "friend"})
    port.listed((THIRD,), number)
    for function in MessageFunction:
        if function is not MessageFunction.CANCEL:
            assert refused_codes(
                lambda function=function: port.granted(
                    (THIRD,), who="friend", function=function, **theirs
                )
            ) == ["agent-not-appointed"]
    shown = customs.PresentTitle(
        waybill_id=waybill_id, presentation=Presentation.TELEX, reference="1"
    )
    assert refused_codes(
        lambda: port.do("friend", lambda uow: customs.present_title(shown, uow))
    ) == ["agent-not-appointed"]
    port.appointed("friend")
    port.granted((THIRD,), who="friend", **theirs)


def test_an_agent_is_out_the_moment_its_appointment_ends(port, bill):
    """Nothing more in the carrier's name; what was released stands until the carrier acts."""
    port.listed((BOX, OTHER))
    named = port.granted((BOX,), release_to="").release_id
    right_id = port.right_of().id
    port.dismissed(port.agency_id)
    holder = rights.NameHolder(right_id=right_id, holder=port.ids["haulier"])
    steps = (
        lambda: port.granted((OTHER,), delivery_order_reference="DO-LYG-26-118821"),
        lambda: port.granted((BOX, OTHER), function=MessageFunction.REPLACE),
        lambda: port.granted((BOX,), function=MessageFunction.CANCEL),
        lambda: port.do("agent", lambda u: cancellations.cancel_release(named, (), "x", u)),
        lambda: port.do("agent", lambda u: cancellations.block_release(named, "x", u)),
        lambda: port.do("agent", lambda u: rights.name_holder(holder, u)),
    )
    assert [refused_codes(step) for step in steps] == [["agent-not-appointed"]] * len(steps)
    port.do("carrier", lambda u: rights.name_holder(holder, u))
    port.do("carrier", lambda u: cancellations.cancel_release(named, (), "agent dismissed", u))
    assert state_of(port, named).state is CommercialState.REVOKED


def test_an_agent_for_other_ports_releases_nothing_here(port, bill):
    port.dismissed(port.agency_id)
    elsewhere = port.appointed(un_location_codes=("NLRTM",))
    port.listed()
    assert refused_codes(port.granted) == ["agent-not-for-port"]
    port.dismissed(elsewhere)
    port.appointed(un_location_codes=("CNLYG",))
    port.granted()


def test_every_reason_against_a_grant_comes_at_once(port, bill):
    with pytest.raises(RefusedError) as refused:
        port.granted((BOX, BOX, THIRD), valid_until=port.now() - timedelta(days=1))
    said = ["release-box-twice", "release-box-not-on-bill", "release-validity-over"]
    assert codes(refused) == said


def test_a_malformed_order_is_findings_and_nothing_else(port, bill):
    with pytest.raises(InvalidError) as invalid:
        port.granted(("CSQU305438０",), vessel_imo_number="979542", valid_until=None)
    assert codes(invalid) == ["imo-number-form", "identifier-not-plain", "release-without-end"]


def test_a_negotiable_bill_is_granted_after_it_was_presented(port):
    waybill_id = port.people().bill(negotiable=True)
    port.listed()
    with pytest.raises(RefusedError) as refused:
        port.granted()
    assert codes(refused) == ["title-not-cleared"]
    presented = customs.PresentTitle(waybill_id=waybill_id, presentation=Presentation.LOI)
    with pytest.raises(ForbiddenError):
        port.do("consignee", lambda uow: customs.present_title(presented, uow))
    port.do("agent", lambda uow: customs.present_title(presented, uow))
    release_id = port.granted().release_id
    assert state_of(port, release_id).release.letter_of_indemnity


def test_a_bill_number_that_two_carriers_use_is_not_granted(port, bill):
    port.party("other carrier", Role.CARRIER)
    port.bill(boxes=(THIRD,), carrier="other carrier", agent="other carrier")
    with pytest.raises(RefusedError) as refused:
        port.granted()
    assert codes(refused) == ["release-bill-ambiguous"]


def test_the_same_order_again_is_refused_and_a_box_is_released_once_a_visit(port, bill):
    port.listed((BOX, OTHER))
    port.granted()
    with pytest.raises(RefusedError) as refused:
        port.granted()
    assert codes(refused) == ["release-granted-already"]
    with pytest.raises(RefusedError) as refused:
        port.granted(delivery_order_reference="DO-2")
    assert codes(refused) == ["box-released-elsewhere"]


def test_a_cancel_leaves_out_what_is_at_the_gate_and_applies_the_rest(port, bill):
    from tests.lanes import Lanes

    visit_ids = port.listed((BOX, OTHER)).visit_ids
    release_id = port.granted((BOX, OTHER)).release_id
    port.green(*visit_ids)
    port.passed_to_haulier(port.right_of().id)
    port.assigned(port.right_of().id)
    lanes = Lanes(port)
    lanes.inside()
    order = replace(port.order((BOX, OTHER)), function=MessageFunction.CANCEL)
    done = port.do("agent", lambda uow: grants.grant_release(order, uow))
    said = {line.reference: [r.code for r in line.reasons] for line in done.lines}
    assert said == {BOX: ["box-locked-at-gate"], OTHER: []}
    assert state_of(port, release_id).lines == {BOX: "armed", OTHER: "cancelled"}
    lanes.opens(lanes.goes_out())
    assert state_of(port, release_id).state is CommercialState.ACCOMPLISHED


def test_a_cancel_of_everything_revokes_and_suspends_with_the_chain_remembered(port, bill):
    port.listed()
    release_id = port.granted().release_id
    port.passed_to_haulier(port.right_of().id)
    port.do("agent", lambda uow: cancellations.cancel_release(release_id, (), "wrong", uow))
    assert state_of(port, release_id).state is CommercialState.REVOKED
    assert port.right_of().suspended
    port.granted()
    back = port.right_of()
    assert (back.suspended, back.holder) == (False, port.ids["haulier"])


def test_granted_again_to_another_party_the_chain_begins_anew(port, bill):
    port.listed()
    release_id = port.granted().release_id
    first = port.right_of()
    port.passed_to_haulier(first.id)
    port.do("agent", lambda uow: cancellations.cancel_release(release_id, (), "wrong", uow))
    port.granted(release_to=port.ids["forwarder"])
    back = port.right_of()
    assert (back.id, back.chain) == (first.id, (port.ids["forwarder"],))


def test_another_order_never_inherits_the_chain_of_a_revoked_one(port, bill):
    port.listed()
    release_id = port.granted().release_id
    old = port.right_of()
    port.passed_to_haulier(old.id)
    port.do("agent", lambda uow: cancellations.cancel_release(release_id, (), "wrong", uow))
    port.granted(delivery_order_reference="DO-2", release_to=port.ids["forwarder"])
    new = port.right_of()
    assert (new.holder, new.serial_number) == (port.ids["forwarder"], 2)
    voided = port.look("system", lambda uow: rows.find(uow.connection, old.id))
    assert (voided.state, voided.holder) == (RightState.VOID, "")


def test_a_replacement_changes_dates_and_takes_off_boxes_at_once(port, bill):
    port.listed((BOX, OTHER))
    release_id = port.granted((BOX, OTHER)).release_id
    until = port.now() + timedelta(days=2)
    port.granted((BOX,), function=MessageFunction.REPLACE, valid_until=until)
    view = state_of(port, release_id)
    assert (view.release.version, view.release.valid_until) == (2, until)
    assert view.lines == {BOX: "armed", OTHER: "cancelled"}
    assert port.right_of(OTHER).suspended


def test_boxes_of_an_update_wait_for_the_terminal_while_the_old_version_stands(port, bill):
    port.listed((BOX,))
    release_id = port.granted((BOX,)).release_id
    port.granted((BOX, OTHER), function=MessageFunction.REPLACE)
    view = state_of(port, release_id)
    assert (view.state, view.release.pending_update) == (CommercialState.GRANTED, True)
    assert view.lines == {BOX: "armed", OTHER: "waiting"}
    port.listed((OTHER,))
    view = state_of(port, release_id)
    assert (view.release.pending_update, view.lines[OTHER]) == (False, "armed")


def test_a_replacement_to_another_party_takes_the_right_from_the_chain(port, bill):
    port.listed()
    port.granted()
    port.passed_to_haulier(port.right_of().id)
    port.granted(function=MessageFunction.REPLACE, release_to=port.ids["forwarder"])
    assert port.right_of().chain == (port.ids["forwarder"],)
    with pytest.raises(RefusedError):
        port.assigned(port.right_of().id)


def test_only_who_blocked_a_release_unblocks_it_and_nothing_passes_meanwhile(port, bill):
    port.listed()
    release_id = port.granted().release_id
    port.do("agent", lambda uow: cancellations.block_release(release_id, "freight", uow))
    offer = rights.OfferRight(
        right_id=port.right_of().id,
        offered_to=port.ids["haulier"],
        expires_at=port.now() + timedelta(hours=1),
    )
    with pytest.raises(RefusedError) as refused:
        port.do("consignee", lambda uow: rights.offer_right(offer, uow))
    assert codes(refused) == ["release-blocked"]
    port.party("other bank", Role.BANK)
    with pytest.raises(NotFoundError):
        unblock(port, "other bank", release_id)
    with pytest.raises(RefusedError) as refused:
        port.do("agent", lambda uow: cancellations.block_release(release_id, "again", uow))
    assert codes(refused) == ["release-blocked-by-you-already"]
    port.do("agent", lambda uow: cancellations.unblock_release(release_id, "paid", uow))
    port.passed_to_haulier(port.right_of().id)


@pytest.fixture
def blocked_twice(port, bill):
    """A release that its agent and its carrier block; its id."""
    port.listed()
    release_id = port.granted().release_id
    for who in ("agent", "carrier"):
        port.do(who, lambda uow: cancellations.block_release(release_id, "look", uow))
    return release_id


def unblock(port, who, release_id):
    return port.do(who, lambda uow: cancellations.unblock_release(release_id, "done", uow)).release


@pytest.mark.parametrize("order", [("agent", "carrier"), ("carrier", "agent")])
def test_goods_move_only_when_every_blocking_party_has_ended_its_block(port, blocked_twice, order):
    first, last = order
    assert unblock(port, first, blocked_twice).state is CommercialState.BLOCKED
    view = state_of(port, blocked_twice)
    assert [block.party_id for block in view.blocks] == [port.ids[last]]
    assert unblock(port, last, blocked_twice).state is CommercialState.GRANTED
    port.passed_to_haulier(port.right_of().id)


def test_an_agent_never_ends_its_carriers_block(port, blocked_twice):
    unblock(port, "agent", blocked_twice)
    with pytest.raises(RefusedError) as refused:
        unblock(port, "agent", blocked_twice)
    assert codes(refused) == ["release-not-yours-to-unblock"]


def test_the_carrier_ends_its_own_block_and_then_that_of_an_agent_it_dismissed(port, blocked_twice):
    port.dismissed(port.agency_id)
    assert refused_codes(lambda: unblock(port, "agent", blocked_twice)) == ["agent-not-appointed"]
    assert unblock(port, "carrier", blocked_twice).state is CommercialState.BLOCKED
    (block,) = state_of(port, blocked_twice).blocks
    assert block.party_id == port.ids["agent"]
    assert unblock(port, "carrier", blocked_twice).state is CommercialState.GRANTED
    assert state_of(port, blocked_twice).blocks == ()


def test_the_carrier_ends_a_dismissed_agents_block_of_a_revoked_release(port, bill):
    port.listed()
    release_id = port.granted().release_id
    port.do("agent", lambda uow: cancellations.block_release(release_id, "freight", uow))
    port.dismissed(port.agency_id)
    port.do("carrier", lambda uow: cancellations.cancel_release(release_id, (), "wrong", uow))
    assert unblock(port, "carrier", release_id).state is CommercialState.REVOKED
    port.granted(who="carrier")
    assert state_of(port, release_id).state is CommercialState.GRANTED


def test_a_carrier_never_ends_the_block_of_a_bank(port):
    port.people().bill()
    port.listed()
    release_id = port.granted().release_id
    port.do(
        "system",
        lambda uow: involve(uow.connection, f"release:{release_id}", port.ids["bank"], Role.BANK),
    )
    port.do("bank", lambda uow: cancellations.block_release(release_id, "pledged", uow))
    with pytest.raises(RefusedError) as refused:
        unblock(port, "carrier", release_id)
    assert codes(refused) == ["release-not-yours-to-unblock"]
    assert unblock(port, "bank", release_id).state is CommercialState.GRANTED


def test_a_block_stops_its_order_for_whatever_other_boxes_it_is_granted_again(port, bill):
    port.listed((BOX, OTHER))
    release_id = port.granted((BOX,)).release_id
    port.do("carrier", lambda uow: cancellations.block_release(release_id, "freight", uow))
    port.do("agent", lambda uow: cancellations.cancel_release(release_id, (), "wrong", uow))
    with pytest.raises(RefusedError) as refused:
        port.granted((OTHER,))
    assert codes(refused) == ["release-blocked"]
    assert unblock(port, "carrier", release_id).state is CommercialState.REVOKED
    port.granted((OTHER,))
    view = state_of(port, release_id)
    assert (view.state, view.blocks) == (CommercialState.GRANTED, ())


def test_a_block_outlives_a_revocation_and_a_new_order_for_the_box(port, blocked_twice):
    port.do("agent", lambda uow: cancellations.cancel_release(blocked_twice, (), "wrong", uow))
    unblock(port, "agent", blocked_twice)
    for number in ("DO-LYG-26-118820", "DO-2"):
        with pytest.raises(RefusedError) as refused:
            port.granted(delivery_order_reference=number)
        assert [(r.code, r.owner) for r in refused.value.reasons] == [
            ("release-blocked", Role.CARRIER)
        ]
    assert unblock(port, "carrier", blocked_twice).state is CommercialState.REVOKED
    port.granted()
    assert state_of(port, blocked_twice).state is CommercialState.GRANTED


def test_another_carriers_agent_never_cancels_an_order_of_an_equal_bill_number(port, bill):
    release_id = port.granted().release_id
    port.party("other agent", Role.SHIPPING_AGENT)
    port.party("other carrier", Role.CARRIER)
    port.appointed("other agent", "other carrier")
    port.bill(boxes=(BOX,), carrier="other carrier", agent="other agent")
    with pytest.raises(RefusedError) as refused:
        port.granted(who="other agent", function=MessageFunction.CANCEL)
    assert codes(refused) == ["release-not-found-to-cancel"]
    with pytest.raises(RefusedError) as refused:
        port.granted(who="other agent", function=MessageFunction.REPLACE)
    assert codes(refused) == ["release-bill-ambiguous"]
    assert state_of(port, release_id).release.version == 1


def test_no_other_first_party_is_named_under_a_truck_that_is_inside(port):
    from tests.lanes import Lanes

    port.ready()
    Lanes(port).inside()
    with pytest.raises(RefusedError) as refused:
        port.granted(function=MessageFunction.REPLACE, release_to=port.ids["forwarder"])
    assert codes(refused) == ["box-locked-at-gate"]


def test_a_release_that_ended_is_not_given_to_another_under_a_truck_that_is_inside(port):
    from tests.lanes import Lanes

    port.ready()
    Lanes(port).inside()
    port.run_out(port.right_of().release_id)
    with pytest.raises(RefusedError) as refused:
        port.granted(release_to=port.ids["forwarder"])
    assert codes(refused) == ["box-locked-at-gate"]
    port.granted()


def test_a_box_leaves_once_under_a_bill_whatever_voyage_a_later_order_names(port):
    from tests.lanes import Lanes

    port.ready()
    lanes = Lanes(port)
    lanes.inside()
    lanes.opens(lanes.goes_out())
    port.listed(voyage="063E")
    with pytest.raises(RefusedError) as refused:
        port.granted(delivery_order_reference="DO-2", voyage="063E")
    assert codes(refused) == ["box-gone"]


def test_a_box_with_rights_of_two_orders_leaves_once(port):
    from tests.lanes import Lanes

    first = port.ready()
    port.granted(delivery_order_reference="DO-2", voyage="063E")
    (visit_id,) = port.listed(voyage="063E").visit_ids
    port.green(visit_id)
    (second,) = (
        right
        for right in port.look(
            "system", lambda uow: rows.of_box(uow.connection, "EOCLYG26110042", BOX)
        )
        if right.id != first.id
    )
    port.passed_to_haulier(second.id)
    port.assigned(second.id, "苏G54321", "LYG-D-0999")
    lanes = Lanes(port)
    other = {"plate": "苏G54321", "driver_id": "LYG-D-0999"}
    lanes.inside()
    lanes.opens(lanes.comes_in("B", **other), "B")
    out, again = lanes.goes_out(), lanes.goes_out("B", **other)
    lanes.opens(out)
    with pytest.raises(RefusedError) as refused:
        lanes.opens(again, "B")
    assert "box-gone" in codes(refused)


def test_of_two_orders_that_wait_for_a_box_the_first_one_armed_keeps_it(port, bill):
    from yidan.release.actions import acknowledgements

    first = port.granted().release_id
    second = port.granted(delivery_order_reference="DO-2").release_id
    assert port.listed().acknowledged_release_ids == (first,)
    assert port.right_of().release_id == first
    with pytest.raises(RefusedError) as refused:
        port.do("terminal", lambda uow: acknowledgements.acknowledge_release(second, uow))
    assert codes(refused) == ["box-released-elsewhere"]


def test_an_expired_release_counts_as_expired_before_and_after_it_is_written_down(port, bill):
    port.listed()
    until = port.now() + timedelta(milliseconds=600)
    release_id = port.granted(valid_until=until).release_id
    port.wait_until(until)
    assert state_of(port, release_id).state is CommercialState.EXPIRED
    assert port.do("system", cancellations.expire_overdue) == 1
    assert port.do("system", cancellations.expire_overdue) == 0
    assert port.right_of().suspended
    port.granted()
    assert state_of(port, release_id).state is CommercialState.GRANTED
    assert not port.right_of().suspended


def test_a_terminal_turns_a_release_down_and_the_carrier_grants_again(port, bill):
    from yidan.release.actions import acknowledgements

    port.listed((BOX,))
    release_id = port.granted((BOX, OTHER)).release_id
    with pytest.raises(RefusedError) as refused:
        port.do("terminal", lambda u: acknowledgements.acknowledge_release(release_id, u))
    assert codes(refused) == ["visit-not-known"]
    port.do("terminal", lambda u: acknowledgements.turn_down_release(release_id, "unknown", u))
    assert state_of(port, release_id).state is CommercialState.UNDER_REVIEW
    port.granted((BOX,))
    assert state_of(port, release_id).lines == {BOX: "armed", OTHER: "cancelled"}
