"""The equipment interchange receipt (设备交接单) of a box that leaves (SM-A4, OUT).

Issued in the transaction that opens the barrier. It says what the lane saw; the kind's schema has
the last word on its form.
"""

from collections.abc import Sequence
from typing import Any, Final

from yidan.documents import actions as documents
from yidan.gate.events import Capture
from yidan.gate.tables import Transaction
from yidan.kernel.content import instant_to_text
from yidan.kernel.errors import InvalidError, NotFoundError
from yidan.kernel.identifiers import damage_code
from yidan.kernel.identifiers.plain import shown
from yidan.parties.involvement import involved
from yidan.parties.tables import organisation
from yidan.release.actions.positions import Position
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import find_bill

KIND: Final = "eir"
_SCHEMES: Final = frozenset({"USCC", "LEI", "SCAC", "SMDG", "EORI", "VAT"})
_LONGEST_SEAL: Final = 15
"""Longest seal number the document's schema takes, in characters."""


def issue(uow: UnitOfWork, found: Transaction, capture: Capture, position: Position) -> str:
    """Issue the receipt of a box that leaves; its document id."""
    right_subject = f"right:{position.held_right.id}"
    issued = documents.issue(
        uow,
        kind=KIND,
        body=_body(uow, found, capture, position),
        about=right_subject,
        involved=dict(involved(uow.connection, right_subject)),
    )
    return issued.document_id


def _body(
    uow: UnitOfWork, found: Transaction, capture: Capture, position: Position
) -> dict[str, Any]:
    release, visit = position.release, position.visit
    if visit is None:
        raise NotFoundError
    now = instant_to_text(uow.now)
    terminal = _party(uow, visit.terminal, "TERMINAL")
    bill = find_bill(uow.connection, release.transport_document_reference, release.carrier)
    codes = dict.fromkeys((*visit.damage_codes, *capture.damage_codes))
    damages = [_damage(code, f"/damageCodes/{place}") for place, code in enumerate(codes)]
    return {
        "eirReference": documents.new_number(uow, "EIR"),
        "direction": "OUT",
        "issuedAt": now,
        "occurredAt": now,
        "transportDocumentReference": release.transport_document_reference,
        "deliveryOrderReference": release.delivery_order_reference,
        "gateDecisionReference": found.decision_id or "",
        "parties": [
            _party(uow, release.carrier or release.agent, "CARRIER"),
            terminal,
            _party(uow, position.held_right.holder, "HAULIER"),
        ],
        "terminal": {"unLocationCode": visit.un_location_code, "name": terminal["name"]},
        "lane": found.lane,
        "purpose": "IMPORT_LADEN",
        "plate": capture.plate,
        "vessel": {
            "vesselName": (bill.vessel_name if bill else "") or visit.vessel_imo_number,
            "vesselImoNumber": visit.vessel_imo_number,
            "voyage": visit.voyage,
        },
        "equipment": {
            "equipmentReference": position.equipment_reference,
            "isoEquipmentCode": visit.iso_equipment_code,
            "fullness": "FULL",
            **({"grossMassKg": capture.gross_mass_kg} if capture.gross_mass_kg else {}),
            "seals": _seals(capture.seal_numbers, visit.seal_numbers),
        },
        "inspection": {"condition": "DAMAGED" if damages else "SOUND", "damages": damages},
    }


def _party(uow: UnitOfWork, party_id: str, role: str) -> dict[str, Any]:
    found = organisation(uow.connection, party_id)
    if found is None:
        return {"role": role, "name": party_id[:70], "identifiers": []}
    named = [text.partition(":") for text in found.identifiers]
    identifiers = [
        {"scheme": scheme.upper(), "value": value}
        for scheme, _, value in named
        if scheme.upper() in _SCHEMES
    ]
    return {"role": role, "name": found.name[:70], "identifiers": identifiers[:5]}


def _seals(found: Sequence[str], listed: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            "number": number,
            "source": "CARRIER" if number in listed else "TERMINAL",
            "condition": "INTACT",
        }
        for number in dict.fromkeys(found)
        if len(number) <= _LONGEST_SEAL
    ][:6]


def _damage(code: str, at: str) -> dict[str, str]:
    """One line of damage, in the words of who saw it: the gate's (CEDEX) or the tally's (UNTDED).

    Raises:
        InvalidError: it is neither.
    """
    if seen := damage_code.CEDEX.fullmatch(code):
        return {"componentCode": seen[1], "locationCode": seen[2], "damageCode": seen[3]}
    if tallied := damage_code.UNTDED.fullmatch(code):
        area = {"areaCode": tallied[2]} if tallied[2] else {}
        return {"typeCode": tallied[1], **area}
    raise InvalidError(damage_code.WRONG_FORM(at=at, value=shown(code)))
