"""Hauliers over UN/EDIFACT: COPINO (提箱预约, pick-up pre-notification) in, APERAK out.

Counterpart: a haulier's or truck platform's EDI system after the ITIGG guide ITG13, D.95B, D.00B.
BGM function 9, 5 or 1; TDT+1 the truck: 8213 the plate, 8212 the driver's number; DTM+132 (or 200
or 133) the planned time; one EQD a box, its bill in RFF+BM there or before.
"""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from adapters.codecs import edifact_fields as fields
from adapters.codecs.edifact import RawMessage, Segment
from adapters.codecs.edifact_exchange import EdifactExchange
from adapters.codecs.edifact_times import instant
from adapters.messages import Spoken
from yidan.kernel.identifiers import plate
from yidan.kernel.reasons import Reason
from yidan.ports import PreNotifyPickup

_TRUCK: Final = "1"
_PLANNED: Final = ("200", "132", "133")
_IDENTITY: Final = 7
_NAME: Final = 3


def read(message: RawMessage) -> tuple[tuple[PreNotifyPickup, ...], list[Reason]]:
    """Read a pre-notification: a command a box, or none when something needed is missing."""
    head = fields.header(message)
    function, wrong = fields.function(message)
    number, driver, found = _truck(head)
    wrong += found
    planned, found = _planned(head)
    wrong += found
    boxes, found = fields.boxes(message)
    wrong += found
    if not boxes:
        wrong.append(fields.MISSING(what="box (箱)", place="EQD"))
    bills = []
    for box in boxes:
        bill, found = _bill(head, box)
        bills.append(bill)
        wrong += found
    noted = [f for box in boxes for f in box.findings]
    if wrong or function is None or planned is None:
        return (), wrong + noted
    return tuple(
        PreNotifyPickup(
            function=function,
            transport_document_reference=bill,
            equipment_reference=box.equipment_reference[: fields.MAX_REFERENCE],
            plate=number,
            driver_id=driver,
            planned_at=planned,
        )
        for box, bill in zip(boxes, bills, strict=True)
    ), noted


def _truck(head: Sequence[Segment]) -> tuple[str, str, list[Reason]]:
    tdt = fields.first(head, "TDT", _TRUCK)
    number = tdt.get(_IDENTITY) if tdt else ""
    driver = tdt.get(_IDENTITY, _NAME) if tdt else ""
    at = tdt.at if tdt else ""
    wrong = plate.findings(number, at=at) if number else []
    if not number:
        wrong.append(fields.MISSING(at=at, what="plate (车牌号)", place="TDT+1 8213"))
    if not driver:
        wrong.append(fields.MISSING(at=at, what="driver (司机)", place="TDT+1 8212"))
    return number, driver[: fields.MAX_REFERENCE], wrong


def _planned(head: Sequence[Segment]) -> tuple[datetime | None, list[Reason]]:
    for qualifier in _PLANNED:
        if dtm := fields.first(head, "DTM", qualifier):
            return instant(dtm)
    return None, [fields.MISSING(what="planned time (计划时间)", place="DTM+132")]


def _bill(head: Sequence[Segment], box: fields.Box) -> tuple[str, list[Reason]]:
    what = "bill number (提单号)"
    own, wrong = fields.reference(box.segments, "BM", what, needed=False)
    return (own, wrong) if own or wrong else fields.reference(head, "BM", what)


MESSAGES: Final = (
    Spoken("in", "COPINO", "D.95B, D.00B", "UN/EDIFACT, ITIGG guide ITG13", "HTTP, file"),
    Spoken("out", "APERAK", "D.00B", "UN/EDIFACT", "HTTP answer"),
)
"""What is spoken with hauliers."""

ADAPTER: Final = EdifactExchange(name="road.copino", readers=MappingProxyType({"COPINO": read}))
