"""CODECO D.00B (SMDG20), gate-in and gate-out report: terminal to carrier or agent.

D.00B rather than D.95B, because its seal numbers (9308) have 35 characters instead of 10: real
seals have 12 and more. BGM 34 gate in, 36 gate out; LOC+165 the place of the gate; TDT+1 the truck.
"""

from datetime import datetime
from typing import Final

from adapters.codecs.edifact_writer import OutMessage, segment, when
from yidan.ports import GateMovement

_DOCUMENT: Final = {"in": "34", "out": "36"}
_IMPORT: Final = "3"
_FULL: Final = "5"


def codeco(moved: GateMovement, *, sender: str, recipient: str, at: datetime) -> OutMessage:
    """Write the gate report of one box.

    Raises:
        EdifactError: a field cannot be written.
    """
    segments = [
        segment("BGM", _DOCUMENT[moved.direction], moved.event_id.replace("-", "")[:35], "9"),
        when("137", at),
        *_main_carriage(moved),
        segment("NAD", "MS", (sender, "160", "ZZZ")),
        segment("NAD", "MR", (recipient, "160", "ZZZ")),
    ]
    if moved.carrier_code:
        segments.append(segment("NAD", "CF", (moved.carrier_code, "160", "ZZZ")))
    segments += _box(moved)
    segments.append(segment("CNT", ("16", "1")))
    return OutMessage("CODECO", "D:00B:UN", "SMDG20", segments)


def _main_carriage(moved: GateMovement) -> list[str]:
    if not moved.voyage and not moved.vessel_imo_number:
        return []
    ship = (moved.vessel_imo_number, "146", "11") if moved.vessel_imo_number else ""
    carrier = (moved.carrier_code, "172", "20") if moved.carrier_code else ""
    return [segment("TDT", "20", moved.voyage, "1", "", carrier, "", "", ship)]


def _box(moved: GateMovement) -> list[str]:
    size = (moved.iso_equipment_code, "102", "5") if moved.iso_equipment_code else ""
    # What leaves under a bill is a laden import box; of the rest the gate knows neither.
    laden_import = moved.direction == "out" and bool(moved.transport_document_reference)
    status, fullness = (_IMPORT, _FULL) if laden_import else ("", "")
    segments = [segment("EQD", "CN", moved.equipment_reference, size, "", status, fullness)]
    if moved.transport_document_reference:
        segments.append(segment("RFF", ("BM", moved.transport_document_reference)))
    segments.append(when("7", moved.occurred_at))
    if moved.un_location_code:
        segments.append(segment("LOC", "165", (moved.un_location_code, "139", "6")))
    if moved.gross_mass_kg is not None:
        segments.append(segment("MEA", "AAE", "G", ("KGM", str(moved.gross_mass_kg))))
    segments += [segment("SEL", seal, "CA") for seal in moved.seal_numbers[:9]]
    segments.append(segment("TDT", "1", "", "3", "31", "", "", "", (moved.plate, "146")))
    return segments
