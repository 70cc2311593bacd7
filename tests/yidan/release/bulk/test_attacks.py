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
