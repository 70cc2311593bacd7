"""Events to notices: what counterparts are told, in plain words for the adapters.

A gate movement concerns the carrier and the agents of its bill; a tally report concerns customs.
Who has an endpoint for an adapter that builds such a message is sent it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from yidan.config import Settings
from yidan.gate.events import GatedOut
from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.tables import Organisation, organisation
from yidan.ports import GateMovement, Notice, TallyLine, TallyReport
from yidan.tally.events import Difference, ReportCompleted
from yidan.waybill.tables import find_bills

Maker = Callable[[Recorded[Any], Settings], Notice]


def _gated_out(recorded: Recorded[GatedOut], _settings: Settings) -> GateMovement:
    out = recorded.event
    return GateMovement(
        event_id=recorded.event_id,
        direction="out",
        transport_document_reference=out.transport_document_reference,
        equipment_reference=out.equipment_reference,
        iso_equipment_code=out.iso_equipment_code,
        plate=out.plate,
        seal_numbers=out.seal_numbers,
        un_location_code=out.un_location_code,
        vessel_imo_number=out.vessel_imo_number,
        voyage=out.voyage,
        carrier_code=out.carrier_code,
        gross_mass_kg=out.gross_mass_kg,
        occurred_at=recorded.occurred_at,
    )


def _tallied(recorded: Recorded[ReportCompleted], settings: Settings) -> TallyReport:
    report = recorded.event
    return TallyReport(
        event_id=recorded.event_id,
        vessel_imo_number=report.vessel_imo_number,
        vessel_name=report.vessel_name,
        voyage=report.voyage,
        un_location_code=report.un_location_code,
        customs_district=settings.customs_district,
        tally_organisation=settings.tally_organisation,
        started_at=report.started_at,
        completed_at=report.completed_at,
        lines=tuple(
            TallyLine(
                transport_document_reference=line.transport_document_reference,
                equipment_reference=line.equipment_reference,
                iso_equipment_code=line.iso_equipment_code,
                seal_numbers=line.seal_numbers,
                fullness=line.fullness,
                damage_codes=line.damage_codes,
                package_quantity=line.package_quantity,
                gross_mass_kg=line.gross_mass_kg,
                over=Difference.OVER in line.differences,
                short=Difference.SHORT in line.differences,
            )
            for line in report.lines
        ),
    )


NOTICES: Final[Mapping[type[Event], Maker]] = MappingProxyType(
    {GatedOut: _gated_out, ReportCompleted: _tallied}
)
"""Which events outsiders are told of, and how."""


def notice_of(recorded: Recorded[Event], settings: Settings) -> Notice | None:
    """The notice of an event; None for one that nobody outside is told of."""
    maker = NOTICES.get(type(recorded.event))
    return maker(recorded, settings) if maker else None


def concerns(connection: Connection, notice: Notice, party: Organisation) -> bool:
    """Whether a party is told of this: object-level access, for messages."""
    match notice:
        case GateMovement():
            return any(
                party.id in (bill.carrier_id, bill.agent_id)
                for bill in find_bills(connection, notice.transport_document_reference)
            )
        case TallyReport():
            return Role.CUSTOMS in party.roles


def recipient_of(party: Organisation) -> str:
    """How a party is named in an envelope: its mailbox name, else its first identifier."""
    named = [one.partition(":") for one in party.identifiers]
    mailboxes = [value for scheme, _, value in named if scheme == "edi"]
    return next(iter(mailboxes or [value for _, _, value in named]), party.id)


def party_of(connection: Connection, party_id: str) -> Organisation | None:
    """The organisation behind a destination."""
    return organisation(connection, party_id)
