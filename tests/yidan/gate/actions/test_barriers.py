"""The barrier: a box leaves once, under its right, on a decision that is alive, or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ledger.commitment import commit
from tests.lanes import Lanes, codes
from tests.port import BOX, PLATE
from yidan.gate.actions import barriers
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.ports import MessageFunction
from yidan.release.actions import cancellations, holds, positions
from yidan.release.events import RightConsumed
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.rules.right import RightState
from yidan.release.tables.rights import ReleaseConsumption
from yidan.store import rebuild
from yidan.store.engine import writing
from yidan.store.ledger_state import stop_releases


def test_a_box_comes_in_by_name_and_leaves_with_a_receipt(port, right, lanes):
    lanes.inside()
    assert port.right_of().state is RightState.LOCKED_AT_GATE
    out = lanes.goes_out()
    assert (out.state, codes(out)) == (TransactionState.APPROVED, [])
    opened = lanes.opens(out)
    assert opened.transaction.state is TransactionState.COMPLETE
    assert port.right_of().state is RightState.CONSUMED
    assert opened.eir_document_id
    history = port.look("system", lambda uow: uow.history(f"release:{right.release_id}"))
    assert history[-1].event.TYPE == "release.accomplished.v1"


def test_a2_a_used_decision_never_opens_again(port, lanes):
    lanes.inside()
    out = lanes.goes_out()
    lanes.opens(out)
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["gate-decision-used"]
    again = lanes.goes_out()
    assert again.state is TransactionState.REJECTED
    assert "right-consumed" in codes(again)


def test_a3_a_decision_is_no_bearer_secret(lanes):
    lanes.inside()
    out = lanes.goes_out()
    with pytest.raises(NotFoundError):
        lanes.opens(out, kiosk="B")
    with pytest.raises(NotFoundError):
        lanes.opens(out, lane="OUT-B")
    guessed = barriers.OpenBarrier(decision_id="0" * 32, lane=out.lane)
    with pytest.raises(NotFoundError):
        lanes.do("A", lambda uow: barriers.open_barrier(guessed, lanes.site, uow))


def test_a1_only_one_decision_at_a_time_has_the_right(port, lanes):
    lanes.inside()
    first = lanes.goes_out()
    second = lanes.goes_out(kiosk="B")
    assert codes(second) == ["gate-right-claimed"]
    lanes.opens(first)


def test_a5_a_revocation_committed_first_keeps_the_box_in(port, right, lanes):

    lanes.inside()
    out = lanes.goes_out()
    with pytest.raises(RefusedError) as refused:
        port.do("agent", lambda u: cancellations.cancel_release(right.release_id, (), "stop", u))
    assert codes(refused) == ["box-locked-at-gate"]
    port.do("agent", lambda u: cancellations.block_release(right.release_id, "stop", u))
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["release-blocked"]
    assert port.right_of().state is RightState.LOCKED_AT_GATE


def test_a5_a_revocation_after_the_gate_out_finds_nothing_to_revoke(port, right, lanes):

    lanes.inside()
    lanes.opens(lanes.goes_out())
    with pytest.raises(RefusedError) as refused:
        port.do("agent", lambda u: cancellations.cancel_release(right.release_id, (), "stop", u))
    assert codes(refused) == ["release-not-cancellable"]


def placed(port, scope, key, kind, who="customs"):

    command = holds.PlaceHold(scope=HoldScope(scope), key=key, kind=HoldKind(kind), why="look")
    return port.do(who, lambda uow: holds.place_hold(command, uow))


@pytest.mark.parametrize("scope", ["BL", "CONTAINER", "VISIT", "PARTY", "EQUIPMENT"])
def test_a6_a_hold_between_decision_and_barrier_wins_whatever_it_hangs_on(
    port, right, lanes, scope
):

    lanes.inside()
    out = lanes.goes_out()
    key = {
        "BL": right.transport_document_reference,
        "CONTAINER": BOX,
        "VISIT": right.visit_id,
        "PARTY": port.ids["haulier"],
        "EQUIPMENT": PLATE,
    }[scope]
    placed(port, scope, key, "SECURITY")
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["hold-active"]
    assert port.right_of().state is RightState.LOCKED_AT_GATE


def test_a6_customs_taking_its_release_back_between_decision_and_barrier_wins(port, lanes):
    lanes.inside()
    out = lanes.goes_out()
    port.customs("notreleased")
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["customs-not-released"]


def test_a6_after_a_hold_is_lifted_the_truck_is_captured_anew_and_leaves(port, lanes):
    lanes.inside()
    hold = placed(port, "BL", "EOCLYG26110042", "CUSTOMS").hold
    assert codes(lanes.goes_out()) == ["hold-active"]
    port.do("customs", lambda uow: holds.lift_hold(hold.id, "looked", uow))
    lanes.opens(lanes.goes_out())
    assert port.right_of().state is RightState.CONSUMED


def test_a_decision_ends_by_the_clock_of_the_transaction_and_the_truck_is_captured_anew(
    port, lanes
):
    lanes.inside()
    over = lanes.quick().goes_out()
    port.wait_until(over.expires_at)
    with pytest.raises(RefusedError) as refused:
        lanes.opens(over)
    assert codes(refused) == ["gate-decision-over"]
    again = lanes.goes_out(device_transaction_id="A-again")
    assert again.id != over.id
    lanes.opens(again)


def test_a_truck_that_leaves_without_its_box_gives_the_right_back(port, right, lanes):
    lanes.inside()
    out = lanes.goes_out()
    left = lanes.do(
        "A",
        lambda uow: barriers.leave_without_box(out.truck_visit_id, "crane down", lanes.site, uow),
    )
    assert left.truck.state.value == "left"
    assert port.right_of().state is RightState.ASSIGNED
    with pytest.raises(RefusedError):
        lanes.opens(out)
    with pytest.raises(RefusedError) as refused:
        lanes.do(
            "A",
            lambda uow: barriers.leave_without_box(out.truck_visit_id, "again", lanes.site, uow),
        )
    assert codes(refused) == ["gate-truck-gone"]


def test_a8_a_right_serves_the_boxes_visit_it_was_given_for_and_not_the_next(port, right, lanes):
    lanes.inside()
    lanes.opens(lanes.goes_out())
    (next_visit,) = port.listed(voyage="071E", number="").visit_ids
    port.green(next_visit)
    again = lanes.comes_in(kiosk="B")
    assert codes(again) == ["gate-plate-not-announced"]
    assert next_visit != right.visit_id


def test_a9_a_release_past_its_end_lets_nothing_out_though_nobody_wrote_it_down(port, lanes):

    lanes.inside()
    out = lanes.goes_out()
    until = port.now() + timedelta(milliseconds=400)
    port.granted(function=MessageFunction.REPLACE, valid_until=until)
    port.wait_until(until)
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["release-expired"]


def test_a9_the_devices_clock_is_recorded_and_never_trusted(port, lanes):

    wrong = port.now() + timedelta(days=3)
    found = lanes.comes_in(captured_at=wrong)
    assert found.state is TransactionState.APPROVED
    assert [reason.code for reason in found.findings] == ["gate-clock-skewed"]
    assert found.expires_at < wrong


def test_a10_an_error_inside_the_guards_leaves_the_barrier_shut(port, lanes, monkeypatch):

    lanes.inside()
    out = lanes.goes_out()

    def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(positions, "releases_stopped", broken)
    with pytest.raises(ZeroDivisionError):
        lanes.opens(out)
    monkeypatch.undo()
    assert port.right_of().state is RightState.LOCKED_AT_GATE
    lanes.opens(out)


def test_a10_nothing_leaves_while_ledger_and_chain_disagree(port, lanes):

    lanes.inside()
    out = lanes.goes_out()
    with writing(port.workshop.engine) as connection:
        stop_releases(connection, "root differs", since=port.now())
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["releases-stopped"]


def test_another_terminals_device_finds_neither_truck_nor_decision(port, lanes):

    lanes.inside()
    out = lanes.goes_out()
    other = Actor(party=port.party("other terminal", Role.TERMINAL), user="kiosk A")
    command = barriers.OpenBarrier(decision_id=out.decision_id, lane=out.lane)
    with port.workshop.open(other) as uow, pytest.raises(NotFoundError):
        barriers.open_barrier(command, lanes.site, uow)


def test_the_database_itself_takes_no_second_consumption_of_a_visit(port, right, lanes):

    lanes.inside()
    lanes.opens(lanes.goes_out())
    row = {
        "visit_id": right.visit_id,
        "right_id": "another",
        "decision_id": "another",
        "event_id": "another",
        "consumed_at": port.now(),
    }
    with pytest.raises(IntegrityError), writing(port.workshop.engine) as connection:
        connection.execute(insert(ReleaseConsumption.__table__).values(row))


def test_a_conflict_is_raised_where_the_right_is_not_locked_to_this_decision(port, right, lanes):

    lanes.inside()
    out = lanes.goes_out()
    stolen = RightConsumed(
        right_id=right.id,
        release_id=right.release_id,
        visit_id=right.visit_id,
        equipment_reference=BOX,
        truck_visit_id=out.truck_visit_id,
        decision_id="0" * 32,
    )
    with pytest.raises(ConflictError):
        port.do("system", lambda uow: uow.record(f"right:{right.id}", stolen))
    assert port.right_of().state is RightState.LOCKED_AT_GATE


def test_replaying_history_gives_every_projection_again(port, right, lanes):
    lanes.inside()
    lanes.goes_out(kiosk="B", seal_numbers=())
    left = lanes.goes_out()
    lanes.do(
        "A",
        lambda uow: barriers.leave_without_box(left.truck_visit_id, "crane", lanes.site, uow),
    )
    lanes.opens(lanes.comes_in(kiosk="C"), kiosk="C")
    placed(port, "BL", right.transport_document_reference, "CUSTOMS")
    lanes.goes_out(kiosk="D")
    report = rebuild.check(port.workshop.engine, commit)
    assert report.findings == ()


def receipt(port, opened):
    """The receipt's damage lines."""
    issued = port.look("system", lambda u: u.history(f"document:{opened.eir_document_id}"))[0]
    return issued.event.body["inspection"]["damages"]


def test_the_receipt_tells_the_damage_the_tally_saw_in_its_own_codes(port):
    port.ready(damage_codes=("1:2", "DT"))
    lanes = Lanes(port)
    lanes.inside()
    opened = lanes.opens(lanes.goes_out(damage_codes=("PAA-LB3N-DT",)))
    assert receipt(port, opened) == [
        {"typeCode": "1", "areaCode": "2"},
        {"typeCode": "DT"},
        {"componentCode": "PAA", "locationCode": "LB3N", "damageCode": "DT"},
    ]


def test_damage_in_no_known_code_is_named_and_the_box_stays(port):
    port.ready(damage_codes=("1:2:3",))
    lanes = Lanes(port)
    lanes.inside()
    out = lanes.goes_out()
    with pytest.raises(InvalidError) as refused:
        lanes.opens(out)
    assert [(one.code, one.at) for one in refused.value.reasons] == [
        ("damage-code-form", "/damageCodes/0")
    ]
