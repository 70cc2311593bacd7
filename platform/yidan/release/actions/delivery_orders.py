"""The delivery order (提货单) that goes with a granted release: filled from the bill.

A later grant or update issues a new one and voids the one before; the document kind's schema has
the last word on the form.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yidan.documents import actions as documents
from yidan.documents import tables as document_rows
from yidan.documents.rules import DocumentState
from yidan.kernel.content import instant_to_text
from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involved
from yidan.release.rules.commercial import LineState
from yidan.release.rules.lights import CustomsLight
from yidan.release.tables import bills, releases
from yidan.release.tables.releases import Release
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.events import WaybillSubmitted
from yidan.waybill.tables import Bill, find_bill

KIND: Final = "delivery_order"
_BOX_FIELDS: Final = (
    "equipmentReference",
    "isoEquipmentCode",
    "tareMassKg",
    "sealNumbers",
    "fullness",
)
_OPEN: Final = (LineState.WAITING, LineState.ARMED)


def issue(uow: UnitOfWork, release: Release, terminal: str) -> None:
    """Issue the delivery order of an acknowledged release and void the one before.

    Raises:
        NotFoundError: the release's bill is gone.
        InvalidError: the release's own number is no document number.
    """
    about = f"release:{release.id}"
    for earlier in document_rows.about(uow.connection, about):
        if earlier.kind == KIND and earlier.state is not DocumentState.VOIDED:
            documents.void(uow, earlier.id, why="A newer delivery order was issued.")
    lines = releases.lines_of(uow.connection, release.id)
    boxes = [box for box, state in lines.items() if state in _OPEN]
    documents.issue(
        uow,
        kind=KIND,
        body=_body(uow, release, boxes),
        about=about,
        involved={**dict(involved(uow.connection, about)), terminal: Role.TERMINAL},
    )


def bill_of(uow: UnitOfWork, release: Release) -> Bill:
    """The bill a release is of.

    Raises:
        NotFoundError: there is no such live bill any more.
    """
    issuer = release.carrier or release.agent
    found = find_bill(uow.connection, release.transport_document_reference, issuer)
    if found is None:
        raise NotFoundError
    return found


def body_of(uow: UnitOfWork, bill: Bill) -> Mapping[str, Any]:
    """The bill's own JSON, as last submitted.

    Raises:
        NotFoundError: its content was erased.
    """
    for recorded in reversed(uow.history(f"waybill:{bill.id}")):
        if isinstance(recorded.event, WaybillSubmitted):
            return recorded.event.body
    raise NotFoundError


def _body(uow: UnitOfWork, release: Release, boxes: Sequence[str]) -> dict[str, Any]:
    bill = bill_of(uow, release)
    said = body_of(uow, bill)
    sea = next(leg for leg in reversed(said["legs"]) if leg["mode"] == "SEA")
    items = [item for item in said["cargoItems"] if item.get("equipmentReference") in boxes]
    equipment = [box for box in said["equipment"] if box["equipmentReference"] in boxes]
    return {
        "deliveryOrderReference": release.delivery_order_reference,
        "transportDocumentReference": release.transport_document_reference,
        "issuedAt": instant_to_text(uow.now),
        "validFrom": instant_to_text(release.valid_from),
        "validUntil": instant_to_text(release.valid_until),
        "parties": list(said["parties"]),
        "vessel": {
            "vesselName": bill.vessel_name or release.vessel_imo_number,
            "vesselImoNumber": release.vessel_imo_number,
            "voyage": release.voyage,
        },
        "placeOfReceipt": said["legs"][0]["from"],
        "portOfLoading": sea["from"],
        "portOfDischarge": sea["to"],
        "terminal": sea["to"],
        "freightPayment": said["terms"]["freightPayment"],
        **_customs(uow, release),
        "equipment": [{k: box[k] for k in _BOX_FIELDS if k in box} for box in equipment],
        "cargoItems": items,
        "totals": {
            "grossMassKg": sum(item["grossMassKg"] for item in items),
            "packageQuantity": sum(item["packages"]["quantity"] for item in items),
            "equipmentQuantity": len(equipment),
        },
    }


def _customs(uow: UnitOfWork, release: Release) -> dict[str, Any]:
    decided = bills.customs_of(uow.connection, release.bill, "")
    if decided is None or not decided.declaration_number:
        return {}
    released = decided.status is CustomsLight.RELEASED
    return {
        "customs": {
            "declarationNumber": decided.declaration_number,
            "status": "RELEASED" if released else "NOT_RELEASED",
            **({"releasedAt": instant_to_text(decided.as_of)} if released else {}),
        }
    }
