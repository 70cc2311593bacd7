"""Bulk release on real databases: the worked example, holds, and trucks that race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.yidan.parties.agencies import refused_codes
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.release.actions import holds
from yidan.release.bulk import actions
from yidan.release.bulk.events import QuantityKind
from yidan.release.bulk.rules import OrderState, TaskState
from yidan.release.rules.holds import HoldKind, HoldScope

BILL = "EOCLYG26110042"
TONNES = 1_000
LOT_KG = 100_000_000


class Bulk:
    """A bulk bill in a port, discharged, declared, released by everybody who must."""

    def __init__(self, port, quantity_kg=LOT_KG):
        self.port = port.people()
        port.bill(BILL)
        self.stock(quantity_kg)

    def stock(self, quantity_kg):
        port = self.port
        for who, kind in (("agent", "BILL"), ("agent", "TITLE"), ("terminal", "OUTTURN")):
            self.state(who, QuantityKind[kind], quantity_kg)
        port.customs("released", number=BILL, kg=quantity_kg)
        stock = actions.StockLot(
            transport_document_reference=BILL,
            owner=port.ids["consignee"],
            grade="PB fines 61.5",
            stockpile="A-07",
            quantity_kg=quantity_kg,
        )
        self.lot_id = port.do("terminal", lambda uow: actions.stock_lot(stock, uow)).lot.id

    def state(self, who, kind, quantity_kg):
        command = actions.StateQuantity(
            transport_document_reference=BILL, kind=kind, quantity_kg=quantity_kg
        )
        return self.port.do(who, lambda uow: actions.state_quantity(command, uow))

    def pledge(self, quantity_kg):
        bank = self.port.ids["bank"]
        return self.port.do(
            "consignee", lambda uow: actions.pledge_lot(self.lot_id, bank, quantity_kg, uow)
        )

    def order(self, quantity_kg, who="consignee", until=None):
        command = actions.PlaceOrder(
            lot_id=self.lot_id,
            nominee=self.port.ids["haulier"],
            quantity_kg=quantity_kg,
            valid_until=until or self.port.now() + timedelta(days=7),
        )
        return self.port.do(who, lambda uow: actions.place_order(command, uow))

    def plan(self, order_id, plate="苏G12345", planned_net_kg=31_000, who="haulier"):
        command = actions.PlanTruck(
            order_id=order_id,
            plate=plate,
            driver_id="LYG-D-0417",
            planned_net_kg=planned_net_kg,
            max_gross_kg=46_800,
            registered_tare_kg=15_300,
        )
        return self.port.do(who, lambda uow: actions.plan_truck(command, uow))

    def tare(self, task_id, plate="苏G12345", tare_kg=15_300):
        return self.port.do(
            "terminal", lambda uow: actions.weigh_empty(task_id, plate, tare_kg, "scale-1", uow)
        )

    def gross(self, task_id, gross_kg):
        return self.port.do(
            "terminal", lambda uow: actions.weigh_loaded(task_id, gross_kg, "scale-1", uow)
        )

    def leave(self, task_id, plate="苏G12345"):
        return self.port.do("terminal", lambda uow: actions.leave(task_id, plate, uow))

    def loaded(self, order_id, plate="苏G12345", gross_kg=46_480):
        task = self.plan(order_id, plate)
        self.tare(task.id, plate)
        self.gross(task.id, gross_kg)
        return task.id

    def balance(self):
        return self.port.look(
            "consignee", lambda uow: actions.see_lot(self.lot_id, uow)
        ).lot.balance

    def see_order(self, order_id):
        return self.port.look("consignee", lambda uow: actions.see_order(order_id, uow))


@pytest.fixture
def bulk(port):
    return Bulk(port)


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def test_the_worked_example(bulk):
    bulk.pledge(30_000_000)
    order_a = bulk.order(50_000_000)
    bulk.order(20_000_000)
    assert bulk.balance().free_kg == 0
    with pytest.raises(RefusedError) as refused:
        bulk.order(1)
    assert codes(refused) == ["bulk-beyond-free"]

    task = bulk.plan(order_a.id)
    assert bulk.see_order(order_a.id).facts.task_reserved_kg == 31_000
    bulk.tare(task.id)
    weighed = bulk.gross(task.id, 46_480)
    assert (weighed.state, weighed.net_kg) == (TaskState.WEIGHED, 31_180)
    assert bulk.leave(task.id).state is TaskState.DELIVERED

    facts = bulk.see_order(order_a.id).facts
    assert facts.open_kg == 50_000_000 - 31_180
    balance = bulk.balance()
    assert (balance.on_hand_kg, balance.pledged_kg) == (100_000_000 - 31_180, 30_000_000)
    assert balance.free_kg == 0


def test_a_truck_that_left_cannot_leave_again(bulk):
    task_id = bulk.loaded(bulk.order(50_000_000).id)
    bulk.leave(task_id)
    with pytest.raises(RefusedError) as refused:
        bulk.leave(task_id)
    assert codes(refused) == ["not-in-this-state"]
    assert bulk.balance().on_hand_kg == LOT_KG - 31_180


def test_a_hold_placed_after_weighing_keeps_the_truck_in(bulk):
    task_id = bulk.loaded(bulk.order(50_000_000).id)
    hold = holds.PlaceHold(
        scope=HoldScope.LOT, key=bulk.lot_id, kind=HoldKind.CUSTOMS, why="sampling"
    )
    placed = bulk.port.do("customs", lambda uow: holds.place_hold(hold, uow))
    with pytest.raises(RefusedError) as refused:
        bulk.leave(task_id)
    assert codes(refused) == ["hold-active"]
    bulk.port.do("customs", lambda uow: holds.lift_hold(placed.hold.id, "clean", uow))
    assert bulk.leave(task_id).state is TaskState.DELIVERED


def test_customs_taking_its_release_back_keeps_the_truck_in(bulk):
    task_id = bulk.loaded(bulk.order(50_000_000).id)
    bulk.port.customs("notreleased", number=BILL, kg=None)
    with pytest.raises(RefusedError) as refused:
        bulk.leave(task_id)
    assert codes(refused) == ["bulk-beyond-bill"]


def test_an_overloaded_truck_is_held_until_it_is_trimmed(bulk):
    order = bulk.order(50_000_000)
    task = bulk.plan(order.id)
    bulk.tare(task.id)
    assert bulk.gross(task.id, 46_900).state is TaskState.OVER_HOLD
    with pytest.raises(RefusedError):
        bulk.leave(task.id)
    first = bulk.gross(task.id, 46_480)
    assert first.state is TaskState.WEIGHED
    assert bulk.leave(task.id).net_kg == 31_180


def test_a_truck_has_one_open_task_at_a_time(bulk):
    order = bulk.order(50_000_000)
    bulk.plan(order.id)
    with pytest.raises(RefusedError) as refused:
        bulk.plan(order.id)
    assert codes(refused) == ["bulk-truck-busy"]


def test_a_pledged_kilogram_leaves_only_with_the_banks_consent(bulk):
    pledged = bulk.pledge(LOT_KG)
    with pytest.raises(RefusedError) as refused:
        bulk.order(31_000)
    assert codes(refused) == ["bulk-beyond-free"]
    pledge_id = pledged.pledges[0].id
    bulk.port.do("bank", lambda uow: actions.discharge_pledge(pledge_id, 31_000, uow))
    assert bulk.order(31_000).facts.state is OrderState.ACTIVE


def test_the_same_goods_are_not_pledged_twice(bulk):
    bulk.pledge(60_000_000)
    with pytest.raises(RefusedError) as refused:
        bulk.pledge(40_000_001)
    assert codes(refused) == ["bulk-beyond-free"]


def test_a_cancelled_remainder_is_free_again_and_trucks_under_way_forbid_it(bulk):
    order = bulk.order(50_000_000)
    task = bulk.plan(order.id)
    with pytest.raises(RefusedError) as refused:
        bulk.port.do("consignee", lambda uow: actions.cancel_order(order.id, uow))
    assert codes(refused) == ["bulk-tasks-open"]
    bulk.port.do("haulier", lambda uow: actions.abort_task(task.id, uow))
    cancelled = bulk.port.do("consignee", lambda uow: actions.cancel_order(order.id, uow))
    assert cancelled.facts.state is OrderState.CANCELLED
    assert bulk.balance().free_kg == LOT_KG


def test_a_haulier_cannot_call_a_truck_inside_empty(bulk):
    task = bulk.plan(bulk.order(50_000_000).id)
    bulk.tare(task.id)
    with pytest.raises(NotFoundError):
        bulk.port.do("haulier", lambda uow: actions.abort_task(task.id, uow))
    aborted = bulk.port.do("terminal", lambda uow: actions.abort_task(task.id, uow))
    assert aborted.state is TaskState.ABORTED


def test_an_order_that_ended_gives_nothing(bulk):
    until = bulk.port.now() + timedelta(milliseconds=200)
    order = bulk.order(50_000_000, until=until)
    bulk.port.wait_until(until)
    with pytest.raises(RefusedError) as refused:
        bulk.plan(order.id)
    assert codes(refused) == ["bulk-order-expired"]
    with pytest.raises(InvalidError):
        bulk.order(1, until=until)


@pytest.mark.parametrize("who", ["forwarder", "haulier", "bank", "other haulier"])
def test_only_the_owner_orders(bulk, who):
    with pytest.raises(NotFoundError):
        bulk.order(1, who=who)


@pytest.mark.parametrize("who", ["consignee", "other haulier", "terminal"])
def test_only_the_nominee_plans_trucks(bulk, who):
    order = bulk.order(50_000_000)
    with pytest.raises(NotFoundError):
        bulk.plan(order.id, who=who)


@pytest.mark.parametrize(
    ("who", "kind"), [("haulier", "BILL"), ("consignee", "TITLE"), ("agent", "OUTTURN")]
)
def test_a_quantity_is_stated_by_who_may_alone(bulk, who, kind):
    with pytest.raises(NotFoundError):
        bulk.state(who, QuantityKind[kind], 1)


def test_an_agent_without_appointment_states_no_quantity(bulk):
    bulk.port.dismissed(bulk.port.agency_id)
    for kind in (QuantityKind.BILL, QuantityKind.TITLE):
        assert refused_codes(lambda kind=kind: bulk.state("agent", kind, 1)) == [
            "agent-not-appointed"
        ]


def test_more_than_was_discharged_is_not_stocked(bulk):
    stock = actions.StockLot(
        transport_document_reference=BILL,
        owner=bulk.port.ids["consignee"],
        grade="PB fines 61.5",
        stockpile="A-08",
        quantity_kg=1,
    )
    with pytest.raises(RefusedError) as refused:
        bulk.port.do("terminal", lambda uow: actions.stock_lot(stock, uow))
    assert codes(refused) == ["bulk-beyond-outturn"]


def test_a_terminal_cannot_give_a_lot_to_whom_it_likes(bulk):
    bulk.port.party("friend", Role.CONSIGNEE)
    stock = actions.StockLot(
        transport_document_reference=BILL,
        owner=bulk.port.ids["friend"],
        grade="PB fines 61.5",
        stockpile="A-08",
        quantity_kg=1,
    )
    with pytest.raises(InvalidError) as refused:
        bulk.port.do("terminal", lambda uow: actions.stock_lot(stock, uow))
    assert codes(refused) == ["bulk-owner-not-consignee"]


@pytest.mark.integration
def test_trucks_that_race_for_the_last_kilograms_never_take_more_than_there_are(port):
    bulk = Bulk(port, quantity_kg=100 * TONNES)
    order = bulk.order(100 * TONNES)

    def try_to_plan(number):
        try:
            return bulk.plan(order.id, plate=f"苏G{number:05d}", planned_net_kg=30_000).id
        except RefusedError:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [task for task in pool.map(try_to_plan, range(40)) if task]
    assert len(won) == 3
    assert bulk.see_order(order.id).facts.open_kg == 10_000


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.sampled_from("plo"), st.integers(1, 60_000)), max_size=12))
def test_whatever_is_tried_the_balance_adds_up(bulk, steps):
    before = bulk.balance()
    assert before.free_kg >= 0
    for step, tonnes in steps:
        try:
            if step == "p":
                bulk.pledge(tonnes * TONNES)
            elif step == "o":
                bulk.order(tonnes * TONNES)
            else:
                order = bulk.order(31_000)
                bulk.leave(bulk.loaded(order.id, gross_kg=15_300 + 30_000 + tonnes % 1_000))
        except RefusedError:
            continue
    after = bulk.balance()
    assert after.free_kg >= 0
    assert after.on_hand_kg == after.free_kg + after.pledged_kg + after.reserved_kg
