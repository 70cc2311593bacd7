"""How events change vessel visits and their lines."""

from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    insert,
    select,
    update,
)

from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve
from yidan.store.projections import changed_one, projects
from yidan.tally.events import (
    BoxMatched,
    BoxOver,
    BulkTallied,
    ManifestLine,
    ManifestListed,
    ReportCompleted,
)
from yidan.tally.rules import ITEM, TALLY, ItemState, TallyState
from yidan.tally.tables.visits import ITEM_ROW, VISIT, find


@projects(ManifestListed)
def _listed(connection: Connection, recorded: Recorded[ManifestListed]) -> None:
    happened = recorded.event
    if recorded.position == 1:
        connection.execute(
            insert(VISIT).values(
                id=happened.vessel_visit_id,
                terminal_id=recorded.actor.party,
                vessel_imo_number=happened.vessel_imo_number,
                vessel_name=happened.vessel_name,
                voyage=happened.voyage,
                un_location_code=happened.un_location_code,
                state=TALLY.advance(TALLY.initial, ManifestListed).value,
                listed_at=recorded.recorded_at,
            )
        )
        involve(connection, recorded.subject, recorded.actor.party, Role.TERMINAL)
    else:
        named = {
            "vessel_name": happened.vessel_name,
            "un_location_code": happened.un_location_code,
            "listed_at": recorded.recorded_at,
        }
        _advance(connection, happened.vessel_visit_id, ManifestListed, **named)
        connection.execute(
            delete(ITEM_ROW).where(ITEM_ROW.c.vessel_visit_id == happened.vessel_visit_id)
        )
    for line in happened.lines:
        _add(connection, happened.vessel_visit_id, line, ITEM.advance(ITEM.initial, ManifestListed))


def _add(
    connection: Connection,
    vessel_visit_id: str,
    line: ManifestLine,
    state: ItemState,
    **seen: object,
) -> None:
    unseen = {
        "seen_iso_equipment_code": "",
        "seen_seal_numbers": [],
        "damage_codes": [],
        "differences": [],
        "crane": "",
        "gross_mass_kg": 0,
    }
    connection.execute(
        insert(ITEM_ROW).values(
            vessel_visit_id=vessel_visit_id,
            transport_document_reference=line.transport_document_reference,
            equipment_reference=line.equipment_reference,
            visit_id=line.visit_id,
            iso_equipment_code=line.iso_equipment_code,
            fullness=line.fullness,
            seal_numbers=list(line.seal_numbers),
            package_quantity=line.package_quantity,
            listed_mass_kg=line.gross_mass_kg,
            state=state.value,
            **(unseen | seen),
        )
    )


@projects(BoxMatched)
def _matched(connection: Connection, recorded: Recorded[BoxMatched]) -> None:
    happened = recorded.event
    changed = connection.execute(
        update(ITEM_ROW)
        .where(
            ITEM_ROW.c.vessel_visit_id == happened.vessel_visit_id,
            ITEM_ROW.c.equipment_reference == happened.equipment_reference,
            ITEM_ROW.c.state == ItemState.EXPECTED.value,
        )
        .values(
            state=ITEM.advance(ItemState.EXPECTED, BoxMatched).value,
            gross_mass_kg=ITEM_ROW.c.listed_mass_kg,
            **_seen(recorded),
        )
    )
    if not changed.rowcount:
        changed_one(changed)
    _discharging(connection, recorded)


@projects(BoxOver)
def _over(connection: Connection, recorded: Recorded[BoxOver]) -> None:
    happened = recorded.event
    line = ManifestLine(
        transport_document_reference=happened.transport_document_reference,
        equipment_reference=happened.equipment_reference,
        iso_equipment_code=happened.iso_equipment_code,
        fullness="full",
        seal_numbers=(),
        package_quantity=0,
        gross_mass_kg=0,
        visit_id=happened.visit_id,
    )
    state = ITEM.advance(ITEM.initial, BoxOver)
    _add(connection, happened.vessel_visit_id, line, state, **_seen(recorded))
    _discharging(connection, recorded)


def _seen(recorded: Recorded[Any]) -> dict[str, object]:
    happened = recorded.event
    return {
        "seen_iso_equipment_code": happened.iso_equipment_code,
        "seen_seal_numbers": list(happened.seal_numbers),
        "damage_codes": list(happened.damage_codes),
        "differences": [code.value for code in happened.differences],
        "crane": happened.crane,
        "discharged_at": recorded.occurred_at,
    }


@projects(BulkTallied)
def _bulk(connection: Connection, recorded: Recorded[BulkTallied]) -> None:
    happened = recorded.event
    changed_one(
        connection.execute(
            update(ITEM_ROW)
            .where(
                ITEM_ROW.c.vessel_visit_id == happened.vessel_visit_id,
                ITEM_ROW.c.transport_document_reference == happened.transport_document_reference,
                ITEM_ROW.c.equipment_reference == "",
            )
            .values(
                state=ItemState.MATCHED.value,
                gross_mass_kg=ITEM_ROW.c.gross_mass_kg + happened.gross_mass_kg,
                crane=happened.crane,
                discharged_at=recorded.occurred_at,
            )
        )
    )
    _discharging(connection, recorded)


def _discharging(connection: Connection, recorded: Recorded[Any]) -> None:
    """Advance the visit and widen the span of its discharges."""
    found = find(connection, recorded.event.vessel_visit_id)
    started = found.started_at if found is not None else None
    last = found.last_discharge_at if found is not None else None
    at = recorded.occurred_at
    _advance(
        connection,
        recorded.event.vessel_visit_id,
        type(recorded.event),
        started_at=min(started or at, at),
        last_discharge_at=max(last or at, at),
    )


@projects(ReportCompleted)
def _completed(connection: Connection, recorded: Recorded[ReportCompleted]) -> None:
    happened = recorded.event
    _advance(
        connection,
        happened.vessel_visit_id,
        ReportCompleted,
        completed_at=happened.completed_at,
    )
    connection.execute(
        update(ITEM_ROW)
        .where(
            ITEM_ROW.c.vessel_visit_id == happened.vessel_visit_id,
            ITEM_ROW.c.state == ItemState.EXPECTED.value,
        )
        .values(state=ITEM.advance(ItemState.EXPECTED, ReportCompleted).value)
    )


def _advance(
    connection: Connection, vessel_visit_id: str, happened: type[Event], **values: object
) -> None:
    here = VISIT.c.id == vessel_visit_id
    decided_from = TallyState(connection.execute(select(VISIT.c.state).where(here)).scalar_one())
    changed_one(
        connection.execute(
            update(VISIT)
            .where(here, VISIT.c.state == decided_from.value)
            .values(state=TALLY.advance(decided_from, happened).value, **values)
        )
    )
