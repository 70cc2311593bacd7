"""Attacks on kilograms: other terminals, plates that dodge a hold, parties without standing."""

import pytest

from tests.yidan.release.bulk.test_actions import BILL, Bulk, codes
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.parties import events as party_events
from yidan.release.bulk import actions
from yidan.release.bulk.events import QuantityKind


@pytest.fixture
def bulk(port):
    return Bulk(port)


@pytest.fixture
def other_terminal(bulk):
    bulk.port.party("other terminal", Role.TERMINAL)
    return "other terminal"


def suspended(port, who):
    happened = party_events.OrganisationSuspended(organisation_id=port.ids[who])
    port.do("system", lambda uow: uow.record(f"organisation:{port.ids[who]}", happened))


def test_a15_a_terminal_does_not_restate_what_another_one_discharged(bulk, other_terminal):
    with pytest.raises(NotFoundError):
        bulk.state(other_terminal, QuantityKind.OUTTURN, 1)


def test_a15_a_terminal_does_not_stock_what_another_one_discharged(bulk, other_terminal):
    bulk.state("terminal", QuantityKind.OUTTURN, 200_000_000)
    stock = actions.StockLot(
        transport_document_reference=BILL,
        owner=bulk.port.ids["consignee"],
        grade="PB fines 61.5",
        stockpile="elsewhere",
        quantity_kg=1_000,
    )
    with pytest.raises(NotFoundError):
        bulk.port.do(other_terminal, lambda uow: actions.stock_lot(stock, uow))


@pytest.mark.parametrize("plate", ["苏g12345", "苏G 1234", "苏G12345 ", "苏Ｇ12345"])
def test_a7_a_plate_is_written_as_a_hold_on_it_would_be(bulk, plate):
    order = bulk.order(1_000_000)
    with pytest.raises(InvalidError) as wrong:
        bulk.plan(order.id, plate)
    assert {reason.at for reason in wrong.value.reasons} == {"/plate"}


@pytest.mark.parametrize("who", ["haulier", "consignee"])
def test_a5_goods_of_a_suspended_party_do_not_leave(bulk, who):
    task_id = bulk.loaded(bulk.order(1_000_000).id)
    suspended(bulk.port, who)
    with pytest.raises(RefusedError) as refused:
        bulk.leave(task_id)
    assert codes(refused) == ["bulk-party-not-verified"]


@pytest.fixture
def twin(bulk):
    """Another carrier with a bill of the same number, and its agent."""
    bulk.port.party("other carrier", Role.CARRIER)
    theirs = {"CARRIER": "other carrier", "SHIPPING_AGENT": "other carrier"}
    bulk.port.bill(BILL, carrier="other carrier", agent="other carrier", as_party=theirs)
    return bulk.port.ids["other carrier"]


def stated(bulk, who, kind, quantity_kg, **more):
    command = actions.StateQuantity(
        transport_document_reference=BILL, kind=kind, quantity_kg=quantity_kg, **more
    )
    return bulk.port.do(who, lambda uow: actions.state_quantity(command, uow))


def test_another_carriers_equal_number_raises_no_bound_of_this_bill(bulk, twin):
    for kind in (QuantityKind.BILL, QuantityKind.TITLE):
        assert stated(bulk, "other carrier", kind, 900_000_000).carrier == twin
    bulk.order(100_000_000)
    stock = actions.StockLot(
        transport_document_reference=BILL,
        owner=bulk.port.ids["consignee"],
        grade="PB fines 61.5",
        stockpile="A-08",
        quantity_kg=1_000,
        carrier=bulk.port.ids["carrier"],
    )
    stated(bulk, "terminal", QuantityKind.OUTTURN, 100_001_000, carrier=bulk.port.ids["carrier"])
    lot_id = bulk.port.do("terminal", lambda uow: actions.stock_lot(stock, uow)).lot.id
    bulk.lot_id = lot_id
    with pytest.raises(RefusedError) as refused:
        bulk.order(1_000)
    bounds = {(r.code, r.params["bound"]) for r in refused.value.reasons}
    assert bounds == {("bulk-beyond-bill", bound) for bound in ("bill", "title", "customs")}


def test_where_two_carriers_use_a_number_the_terminal_names_the_carrier(bulk, twin, other_terminal):
    with pytest.raises(InvalidError) as wrong:
        stated(bulk, "terminal", QuantityKind.OUTTURN, 1)
    assert codes(wrong) == ["bulk-carrier-needed"]
    stated(bulk, other_terminal, QuantityKind.OUTTURN, 1, carrier=twin)
    with pytest.raises(NotFoundError):
        stated(bulk, other_terminal, QuantityKind.OUTTURN, 1, carrier=bulk.port.ids["carrier"])


def test_an_agent_does_not_state_what_another_carrier_released(bulk, twin):
    carrier = bulk.port.ids["carrier"]
    with pytest.raises(NotFoundError):
        stated(bulk, "other carrier", QuantityKind.TITLE, 1, carrier=carrier)


@pytest.mark.parametrize(
    ("kind", "quantity_kg", "tolerance_ppm", "code"),
    [
        (QuantityKind.CUSTOMS, 1, 0, "bulk-quantity-not-stateable"),
        (QuantityKind.BILL, 1, -1, "bulk-tolerance-out-of-range"),
        (QuantityKind.BILL, 1, 10**6, "bulk-tolerance-out-of-range"),
        (QuantityKind.BILL, -1, 0, "quantity-out-of-range"),
        (QuantityKind.BILL, 0, 0, "quantity-out-of-range"),
        (QuantityKind.BILL, 10**12 + 1, 0, "quantity-out-of-range"),
    ],
)
def test_no_amount_that_makes_no_sense_is_stated(bulk, kind, quantity_kg, tolerance_ppm, code):
    with pytest.raises(InvalidError) as wrong:
        stated(bulk, "agent", kind, quantity_kg, tolerance_ppm=tolerance_ppm)
    assert codes(wrong) == [code]
