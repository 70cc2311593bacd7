"""The endpoints of bulk release: quantities, lots, pledges, orders, truck tasks and weighings."""

from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import IdPath, Instant, WireModel
from yidan.http.openapi import answers
from yidan.kernel.quantities import MAX_KG
from yidan.release.bulk import actions, tables
from yidan.release.bulk.events import QuantityKind, QuantityStated
from yidan.release.bulk.rules import OrderState, TaskState

bp = APIBlueprint("bulk", __name__, url_prefix="/v1", abp_tags=[Tag(name="Bulk release 散货放货")])

Kg = Annotated[int, Field(ge=0, le=MAX_KG)]
Text = Annotated[str, Field(min_length=1, max_length=100)]
Bill = Annotated[str, Field(min_length=1, max_length=35, pattern=r"^[A-Z0-9][A-Z0-9/-]*$")]
Plate = Annotated[str, Field(min_length=5, max_length=12)]


class QuantityBody(WireModel):
    """One of a bill's quantities."""

    transport_document_reference: Bill
    kind: QuantityKind
    quantity_kg: Kg
    tolerance_ppm: Annotated[int, Field(ge=0, le=actions.MAX_TOLERANCE_PPM)] = 0
    carrier: Annotated[str, Field(max_length=100)] = ""
    """Party id of the bill's carrier; empty where one carrier alone uses the number."""


class QuantityAnswer(QuantityBody):
    """The quantity as it was stated."""

    stated_by: str

    @classmethod
    def of(cls, stated: QuantityStated) -> "QuantityAnswer":
        """Show a statement."""
        return cls(
            transport_document_reference=stated.transport_document_reference,
            kind=stated.kind,
            quantity_kg=stated.quantity_kg,
            tolerance_ppm=stated.tolerance_ppm,
            carrier=stated.carrier,
            stated_by=stated.stated_by,
        )


class LotBody(WireModel):
    """A lot to be stocked."""

    transport_document_reference: Bill
    owner: Text
    grade: Text
    stockpile: Text
    quantity_kg: Kg
    carrier: Annotated[str, Field(max_length=100)] = ""
    """Party id of the bill's carrier; empty where one carrier alone uses the number."""


class LotAnswer(WireModel):
    """A lot and its balance, in kilograms."""

    id: str
    carrier: str
    transport_document_reference: str
    owner: str
    terminal: str
    grade: str
    stockpile: str
    received_kg: int
    on_hand_kg: int
    pledged_kg: int
    reserved_kg: int
    free_kg: int
    pledges: list["PledgeAnswer"]

    @classmethod
    def of(cls, seen: actions.LotView) -> "LotAnswer":
        """Show a lot."""
        lot, balance = seen.lot, seen.lot.balance
        return cls(
            id=lot.id,
            carrier=lot.carrier,
            transport_document_reference=lot.transport_document_reference,
            owner=lot.owner,
            terminal=lot.terminal,
            grade=lot.grade,
            stockpile=lot.stockpile,
            received_kg=lot.received_kg,
            on_hand_kg=balance.on_hand_kg,
            pledged_kg=balance.pledged_kg,
            reserved_kg=balance.reserved_kg,
            free_kg=balance.free_kg,
            pledges=[PledgeAnswer.of(pledge) for pledge in seen.pledges],
        )


class PledgeBody(WireModel):
    """A quantity to be pledged to a bank."""

    bank: Text
    quantity_kg: Kg


class PledgeAnswer(WireModel):
    """A pledge and what is left of it."""

    id: str
    bank: str
    pledged_kg: int

    @classmethod
    def of(cls, pledge: tables.PledgeRow) -> "PledgeAnswer":
        """Show a pledge."""
        return cls(id=pledge.id, bank=pledge.bank, pledged_kg=pledge.pledged_kg)


class QuantityOnlyBody(WireModel):
    """A quantity."""

    quantity_kg: Kg


class OrderBody(WireModel):
    """A release order."""

    nominee: Text
    quantity_kg: Kg
    valid_until: Instant


class OrderAnswer(WireModel):
    """A release order and its balance, in kilograms."""

    id: str
    lot_id: str
    nominee: str
    state: OrderState
    ordered_kg: int
    delivered_kg: int
    task_reserved_kg: int
    open_kg: int
    valid_until: Instant

    @classmethod
    def of(cls, order: tables.OrderRow) -> "OrderAnswer":
        """Show an order."""
        facts = order.facts
        return cls(
            id=order.id,
            lot_id=order.lot_id,
            nominee=order.nominee,
            state=facts.state,
            ordered_kg=facts.ordered_kg,
            delivered_kg=facts.delivered_kg,
            task_reserved_kg=facts.task_reserved_kg,
            open_kg=facts.open_kg,
            valid_until=facts.valid_until,
        )


class TaskBody(WireModel):
    """A truck for an order."""

    plate: Plate
    driver_id: Text
    planned_net_kg: Kg
    max_gross_kg: Kg
    registered_tare_kg: Kg


class TareBody(WireModel):
    """The empty truck on the scale."""

    plate: Plate
    tare_kg: Kg
    scale_id: Text


class GrossBody(WireModel):
    """The loaded truck on the scale."""

    gross_kg: Kg
    scale_id: Text


class DepartureBody(WireModel):
    """The truck at the way out."""

    plate: Plate


class TaskAnswer(WireModel):
    """A truck task with its last weighing, in kilograms."""

    id: str
    order_id: str
    lot_id: str
    haulier: str
    plate: str
    state: TaskState
    planned_net_kg: int
    tare_kg: int | None
    gross_kg: int | None
    net_kg: int | None
    ticket_id: str

    @classmethod
    def of(cls, task: tables.TaskRow) -> "TaskAnswer":
        """Show a task."""
        return cls(
            id=task.id,
            order_id=task.order_id,
            lot_id=task.lot_id,
            haulier=task.haulier,
            plate=task.facts.plate,
            state=task.state,
            planned_net_kg=task.facts.planned_net_kg,
            tare_kg=task.facts.tare_kg,
            gross_kg=task.gross_kg,
            net_kg=task.net_kg,
            ticket_id=task.ticket_id,
        )


@bp.post("/bulk-quantities", responses=answers(QuantityAnswer))
@needs("lot:write")
def state_quantity(body: QuantityBody) -> Response:
    """State a quantity that bounds what may be released of a bill (数量申报)."""
    command = actions.StateQuantity(**_fields(body))
    return perform(lambda uow: actions.state_quantity(command, uow), QuantityAnswer.of)


@bp.post("/lots", responses=answers(LotAnswer))
@needs("lot:write")
def stock_lot(body: LotBody) -> Response:
    """Stock a lot (入库)."""
    command = actions.StockLot(**_fields(body))
    return perform(lambda uow: actions.stock_lot(command, uow), LotAnswer.of)


@bp.get("/lots/<id>", responses=answers(LotAnswer, 200))
@needs("lot:read")
def see_lot(path: IdPath) -> Response:
    """See a lot and its balance (货位余额)."""
    return look(lambda uow: actions.see_lot(path.id, uow), LotAnswer.of)


@bp.post("/lots/<id>/pledges", responses=answers(LotAnswer))
@needs("lot:write")
def pledge_lot(path: IdPath, body: PledgeBody) -> Response:
    """Pledge part of a lot to a bank (质押)."""
    return perform(
        lambda uow: actions.pledge_lot(path.id, body.bank, body.quantity_kg, uow), LotAnswer.of
    )


@bp.post("/pledges/<id>/discharges", responses=answers(LotAnswer))
@needs("lot:write")
def discharge_pledge(path: IdPath, body: QuantityOnlyBody) -> Response:
    """Let go of a pledge or of part of it (解押)."""
    return perform(
        lambda uow: actions.discharge_pledge(path.id, body.quantity_kg, uow), LotAnswer.of
    )


@bp.post("/lots/<id>/orders", responses=answers(OrderAnswer))
@needs("lot:write")
def place_order(path: IdPath, body: OrderBody) -> Response:
    """Order part of a lot to be released to a haulier (放货指令)."""
    command = actions.PlaceOrder(lot_id=path.id, **_fields(body))
    return perform(lambda uow: actions.place_order(command, uow), OrderAnswer.of)


@bp.get("/orders/<id>", responses=answers(OrderAnswer, 200))
@needs("lot:read")
def see_order(path: IdPath) -> Response:
    """See an order and its balance (指令余额)."""
    return look(lambda uow: actions.see_order(path.id, uow), OrderAnswer.of)


@bp.post("/orders/<id>/cancellation", responses=answers(OrderAnswer))
@needs("lot:write")
def cancel_order(path: IdPath) -> Response:
    """Cancel what is left of an order (撤销指令)."""
    return perform(lambda uow: actions.cancel_order(path.id, uow), OrderAnswer.of)


@bp.post("/orders/<id>/suspension", responses=answers(OrderAnswer))
@needs("lot:write")
def suspend_order(path: IdPath) -> Response:
    """Suspend an order (暂停指令)."""
    return perform(lambda uow: actions.suspend_order(path.id, uow), OrderAnswer.of)


@bp.post("/orders/<id>/resumption", responses=answers(OrderAnswer))
@needs("lot:write")
def resume_order(path: IdPath) -> Response:
    """Resume a suspended order (恢复指令)."""
    return perform(lambda uow: actions.resume_order(path.id, uow), OrderAnswer.of)


@bp.post("/orders/<id>/tasks", responses=answers(TaskAnswer))
@needs("lot:write")
def plan_truck(path: IdPath, body: TaskBody) -> Response:
    """Plan a truck on an order (提货任务)."""
    command = actions.PlanTruck(order_id=path.id, **_fields(body))
    return perform(lambda uow: actions.plan_truck(command, uow), TaskAnswer.of)


@bp.get("/tasks/<id>", responses=answers(TaskAnswer, 200))
@needs("lot:read")
def see_task(path: IdPath) -> Response:
    """See a truck task (任务状态)."""
    return look(lambda uow: actions.see_task(path.id, uow), TaskAnswer.of)


@bp.post("/tasks/<id>/tare", responses=answers(TaskAnswer))
@needs("gate:write")
def weigh_empty(path: IdPath, body: TareBody) -> Response:
    """Weigh the truck empty (空磅)."""
    return perform(
        lambda uow: actions.weigh_empty(path.id, body.plate, body.tare_kg, body.scale_id, uow),
        TaskAnswer.of,
    )


@bp.post("/tasks/<id>/gross", responses=answers(TaskAnswer))
@needs("gate:write")
def weigh_loaded(path: IdPath, body: GrossBody) -> Response:
    """Weigh the loaded truck (重磅)."""
    return perform(
        lambda uow: actions.weigh_loaded(path.id, body.gross_kg, body.scale_id, uow),
        TaskAnswer.of,
    )


@bp.post("/tasks/<id>/departure", responses=answers(TaskAnswer))
@needs("gate:write")
def leave(path: IdPath, body: DepartureBody) -> Response:
    """Let the weighed truck out (出闸)."""
    return perform(lambda uow: actions.leave(path.id, body.plate, uow), TaskAnswer.of)


@bp.post("/tasks/<id>/abort", responses=answers(TaskAnswer))
@needs("lot:write")
def abort_task(path: IdPath) -> Response:
    """Give up a task whose truck is not loaded (取消任务)."""
    return perform(lambda uow: actions.abort_task(path.id, uow), TaskAnswer.of)


def _fields(body: WireModel) -> dict[str, Any]:
    """A body's fields by their Python names."""
    return {name: getattr(body, name) for name in type(body).model_fields}
