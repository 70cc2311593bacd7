"""COREOR, container release order (电子放货指令): carrier or agent to terminal, D.95B or D.00B.

BGM+129 with function 9, 5 or 1; RFF+RE delivery order; RFF+BM bill; DTM+7 valid from, DTM+36 until;
TDT+20 ship and voyage; LOC+11, 7 or 8 the place of release; NAD+MS sender, CA or CF carrier, FW
release to; one EQD a box. One message speaks of one bill.
"""

from datetime import datetime
from typing import Final

from adapters.codecs import edifact_fields as fields
from adapters.codecs.edifact import RawMessage, Segment
from adapters.codecs.edifact_times import instant
from yidan.kernel.identifiers import bill_number
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, reason
from yidan.ports import GrantRelease, MessageFunction, ReleaseLine

ENDS_BEFORE_IT_STARTS = reason(
    "release-ends-before-it-starts",
    en="The release ends ({until}) before it starts ({start}); mend DTM+7 and DTM+36.",
    zh="放货有效期结束（{until}）早于开始（{start}）；请更正 DTM+7 和 DTM+36。",
)
OTHER_DOCUMENT = reason(
    "coreor-other-document",
    en="BGM names document {value}; a release order is 129.",
    zh="BGM 的单证代码为 {value}；放箱指令应为 129，请更正。",
)

_RELEASE_ORDER: Final = "129"
_MAX_CODE: Final = 17


def read(message: RawMessage) -> tuple[tuple[GrantRelease, ...], list[Reason]]:
    """Read a release order; no command when something needed is missing or unclear."""
    head = fields.header(message)
    function, wrong = fields.function(message)
    order, found = fields.reference(head, "RE", "delivery order number (提货单号)")
    wrong += found
    bill, found = fields.reference(message.segments, "BM", "bill number (提单号)")
    wrong += found
    start, until, found = _period(head)
    wrong += found
    boxes, found = fields.boxes(message)
    noted = [f for f in found if f.code == fields.BOX_TWICE.code]
    wrong += [f for f in found if f not in noted]
    noted += _document_findings(head) + (bill_number.findings(bill) if bill else [])
    noted += [f for box in boxes for f in box.findings]
    if not boxes and function is not MessageFunction.CANCEL:
        wrong.append(fields.MISSING(what="box (箱)", place="EQD"))
    ship, voyage, carrier, found = _carriage(head)
    noted += found
    place, found = fields.location(head, "11", "7", "8")
    noted += found
    if wrong or function is None:
        return (), wrong + noted
    command = GrantRelease(
        function=function,
        delivery_order_reference=order,
        transport_document_reference=bill,
        valid_from=start,
        valid_until=until,
        carrier_code=carrier,
        vessel_imo_number=ship,
        voyage=voyage,
        release_to=fields.party_identifier(head, "FW")[: fields.MAX_REFERENCE],
        terminal_location=place,
        lines=tuple(
            ReleaseLine(
                equipment_reference=box.equipment_reference[: fields.MAX_REFERENCE],
                iso_equipment_code=box.iso_equipment_code,
            )
            for box in boxes
        ),
    )
    return (command,), noted


def _period(head: list[Segment]) -> tuple[datetime | None, datetime | None, list[Reason]]:
    start, wrong = _instant(head, "7", last=False)
    until, found = _instant(head, "36", last=True)
    wrong += found
    if start and until and until <= start:
        wrong.append(ENDS_BEFORE_IT_STARTS(start=start.isoformat(), until=until.isoformat()))
    return start, until, wrong


def _instant(
    head: list[Segment], qualifier: str, *, last: bool
) -> tuple[datetime | None, list[Reason]]:
    dtm = fields.first(head, "DTM", qualifier)
    return instant(dtm, last=last) if dtm else (None, [])


def _carriage(head: list[Segment]) -> tuple[str, str, str, list[Reason]]:
    tdt = fields.first(head, "TDT", "20")
    ship, found = fields.ship_number(tdt)
    voyage = tdt.get(1) if tdt else ""
    carrier = fields.party_code(head, "CA", "CF") or (tdt.get(4) if tdt else "")
    return ship, voyage[:_MAX_CODE], carrier[:_MAX_CODE], found


def _document_findings(head: list[Segment]) -> list[Reason]:
    bgm = fields.first(head, "BGM")
    if bgm is None or bgm.get(0) == _RELEASE_ORDER:
        return []
    return [OTHER_DOCUMENT(at=bgm.at, value=shown(bgm.get(0)))]
