"""A clerk replaces readings, with the reason; never a right, a light, a hold."""

import pytest

from tests.lanes import SURE, codes
from tests.port import BOX, box_number
from yidan.gate.actions import resolutions
from yidan.gate.actions.resolutions import Readings, ResolveTransaction
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    InvalidTransitionError,
    NotFoundError,
    RefusedError,
)
from yidan.kernel.reasons import Role


def resolve(port, lanes, transaction, *, who="terminal", approve=True, why="read again", **read):
    command = ResolveTransaction(
        transaction_id=transaction.id, approve=approve, why=why, readings=Readings(**read)
    )
    return port.do(
        who, lambda uow: resolutions.resolve_transaction(command, lanes.site, uow)
    ).transaction


@pytest.fixture
def unread(lanes):
    lanes.inside()
    return lanes.goes_out(confidences={**SURE, "equipmentReference": 300})


def test_a_clerk_reads_the_box_and_the_lane_opens_on_the_new_decision(port, lanes, unread):
    found = resolve(port, lanes, unread, equipment_reference=BOX)
    assert found.state is TransactionState.APPROVED
    lanes.opens(found)
    history = port.look("system", lambda uow: uow.history(f"gate:{unread.id}"))
    (replaced,) = history[1].event.replaced
    assert (replaced.field.value, replaced.old, replaced.new) == ("equipmentReference", BOX, BOX)
    assert history[1].reason == "read again"


def test_a_clerk_who_reads_another_box_denies_it(port, lanes, unread):
    found = resolve(port, lanes, unread, equipment_reference=box_number(305439))
    assert (found.state, codes(found)) == (TransactionState.REJECTED, ["gate-box-differs"])


def test_what_was_not_read_is_not_let_pass_on_a_clerks_word(port, lanes, unread):
    with pytest.raises(RefusedError) as refused:
        resolve(port, lanes, unread)
    assert codes(refused) == ["gate-box-unread"]


def test_a_clerk_lets_seal_weight_and_damage_pass_with_the_reason(port, lanes):
    lanes.inside()
    doubtful = lanes.goes_out(
        seal_numbers=("EO9999999",), gross_mass_kg=28_000, damage_codes=("PAA-LB3N-HO",)
    )
    found = resolve(port, lanes, doubtful, why="customs resealed, re-weighed, photos taken")
    assert found.accepted == {"gate-damage-new", "gate-seal-differs", "gate-weight-differs"}
    lanes.opens(found)


def test_no_clerk_passes_a_light_or_a_hold(port, lanes, unread):
    port.customs("selectedforscan")
    found = resolve(port, lanes, unread, equipment_reference=BOX)
    assert (found.state, codes(found)) == (TransactionState.REJECTED, ["customs-not-released"])


def test_a_clerk_denies(port, lanes, unread):
    found = resolve(port, lanes, unread, approve=False, why="wrong truck")
    assert found.state is TransactionState.REJECTED
    with pytest.raises(InvalidTransitionError):
        resolve(port, lanes, unread, equipment_reference=BOX)


def test_a_decision_without_a_reason_or_with_a_malformed_reading_is_a_finding(port, lanes, unread):
    with pytest.raises(InvalidError) as invalid:
        resolve(port, lanes, unread, why=" ", equipment_reference="CSQU305438")
    assert codes(invalid) == ["gate-resolution-without-reason", "container-number-form"]


def test_only_a_person_of_the_terminal_resolves(port, lanes, unread):
    command = ResolveTransaction(transaction_id=unread.id, approve=True, why="me")
    with pytest.raises(ForbiddenError):
        lanes.do("A", lambda uow: resolutions.resolve_transaction(command, lanes.site, uow))
    with pytest.raises(ForbiddenError):
        resolve(port, lanes, unread, who="haulier")
    port.party("other terminal", Role.TERMINAL)
    with pytest.raises(NotFoundError):
        resolve(port, lanes, unread, who="other terminal")
