"""Ask for titles, parties, offices and instructions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, or_, select

from yidan.parties.involvement import visible_to
from yidan.release.tables.bills import BillKey
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.tables.rows import (
    INSTRUCTION,
    ISSUING_ACTS,
    OFFICE,
    PARTY,
    TITLE,
    Instruction,
    Office,
    Party,
    Title,
)
from yidan.release.titles.word import TitleState
from yidan.waybill.tables import of_carrier_side


def find_title(connection: Connection, title_id: str) -> Title | None:
    """A title by its id."""
    found = _titles(connection, TITLE.c.id == title_id)
    return found[0] if found else None


def titles_of_document(
    connection: Connection, bill: BillKey, document_commitment: str
) -> list[Title]:
    """Every title that a carrier had issued for a document or under its bill's number.

    What another issuer's title says of the same document does not count. In the order of their
    last changes, ended ones among them.

    Args:
        connection: to the database.
        bill: the carrier, and the number that it gave.
        document_commitment: SHA-256 of the document's canonical JSON, 64 hex digits.
    """
    return _titles(
        connection,
        TITLE.c.carrier == bill.carrier,
        (TITLE.c.document_commitment == document_commitment)
        | (TITLE.c.transport_document_reference == bill.number),
    )


def bills_of_document(connection: Connection, document_commitment: str) -> set[BillKey]:
    """Every bill for which a document's title was issued, or was asked for and not refused."""
    issued = _titles(connection, TITLE.c.document_commitment == document_commitment)
    asked = _instructions(connection, INSTRUCTION.c.document_commitment == document_commitment)
    waiting = [one for one in asked if one.state in InstructionState.open()]
    return {
        *(title.bill for title in issued),
        *(BillKey(one.carrier, one.transport_document_reference) for one in waiting),
    }


def titles_of_bill(connection: Connection, bill: BillKey) -> list[Title]:
    """Every title of a bill, ended ones among them, in the order of their last changes."""
    return _titles(
        connection,
        TITLE.c.carrier == bill.carrier,
        TITLE.c.transport_document_reference == bill.number,
    )


def heirs_of(connection: Connection, title_id: str) -> list[Title]:
    """Titles that took a title's place, of whatever bill."""
    return _titles(connection, cast(TITLE.c.parents, Text).contains(f'"{title_id}"'))


def lineage(connection: Connection, title_id: str) -> list[Title]:
    """A title and every one whose place it took, the title first."""
    found, waiting = dict[str, Title](), [title_id]
    while waiting:
        title = find_title(connection, waiting.pop())
        if title is not None and title.id not in found:
            found[title.id] = title
            waiting += title.parents
    return list(found.values())


def all_titles(connection: Connection) -> list[Title]:
    """Every title, for a check against the contract."""
    return _titles(connection)


def party_of(connection: Connection, party_id: str) -> Party | None:
    """A party's handle and key; None if it has none."""
    return _party(connection, PARTY.c.party_id == party_id)


def party_by_handle(connection: Connection, handle: int) -> Party | None:
    """The party behind a handle; None if the platform does not know it."""
    return _party(connection, PARTY.c.handle == handle)


def parties_without_key(connection: Connection) -> list[Party]:
    """Parties whose key the contract does not have yet, lowest handle first."""
    statement = select(PARTY).where(PARTY.c.key == "").order_by(PARTY.c.handle)
    return [_as_party(row) for row in connection.execute(statement).mappings()]


def standings_waited_for(connection: Connection) -> list[Party]:
    """Parties that are to be suspended or restored, lowest handle first."""
    where = (PARTY.c.standing_ask != "", PARTY.c.wanted_suspended != PARTY.c.suspended)
    statement = select(PARTY).where(*where).order_by(PARTY.c.handle)
    return [_as_party(row) for row in connection.execute(statement).mappings()]


def titles_page(
    connection: Connection,
    party_id: str = "",
    *,
    gates: int = 0,
    before: str = "",
    limit: int = 50,
    waybill_id: str = "",
) -> list[Title]:
    """Up to `limit` titles, highest id first, behind `before`.

    Args:
        connection: to the database.
        party_id: who sees them: whom they concern, the carrier or the agent of their bills; "" for
            one that sees all.
        gates: such as require one of these gates, too; one bit each.
        before: the last id of the page before, "" for the first page.
        limit: how many.
        waybill_id: of which bill alone, "" for any.
    """
    where = []
    if party_id:
        mine = TITLE.c.id.in_(visible_to(party_id, "title"))
        carried = TITLE.c.waybill_id.in_(of_carrier_side(party_id))
        where.append(mine | carried | (TITLE.c.gates_required.bitwise_and(gates) != 0))
    if before:
        where.append(TITLE.c.id < before)
    if waybill_id:
        where.append(TITLE.c.waybill_id == waybill_id)
    statement = select(TITLE).where(*where).order_by(TITLE.c.id.desc()).limit(limit)
    return [_title(row) for row in connection.execute(statement).mappings()]


def highest_handle(connection: Connection) -> int:
    """The highest handle that was given out, 0 before the first."""
    statement = select(PARTY.c.handle).order_by(PARTY.c.handle.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none() or 0


def offices(connection: Connection) -> list[Office]:
    """Every office that is given out or kept, lowest number first."""
    statement = select(OFFICE).order_by(OFFICE.c.office)
    return [Office(**row) for row in connection.execute(statement).mappings()]


def office(connection: Connection, number: int) -> Office | None:
    """An office by its number."""
    statement = select(OFFICE).where(OFFICE.c.office == number)
    row = connection.execute(statement).mappings().one_or_none()
    return Office(**row) if row else None


def instruction(connection: Connection, instruction_id: str) -> Instruction | None:
    """An instruction by its id."""
    found = _instructions(connection, INSTRUCTION.c.id == instruction_id)
    return found[0] if found else None


def open_instructions(
    connection: Connection, title_id: str = "", act: Act | None = None
) -> list[Instruction]:
    """What has no outcome yet, of one title or of all, of one act or of all, oldest first."""
    conditions = [INSTRUCTION.c.state.in_([state.value for state in InstructionState.open()])]
    if title_id:
        conditions.append(INSTRUCTION.c.title == title_id)
    if act is not None:
        conditions.append(INSTRUCTION.c.act == act.value)
    return _instructions(connection, *conditions)


def instructions_of(connection: Connection, title_id: str) -> list[Instruction]:
    """Everything that was asked for on a title, oldest first."""
    return _instructions(connection, INSTRUCTION.c.title == title_id)


def waiting_for(connection: Connection, party_id: str) -> list[Instruction]:
    """What has no outcome yet and is a party's to sign, to consent to, or asked for by it."""
    found = party_of(connection, party_id)
    concerns = INSTRUCTION.c.instructed_by == party_id
    if found is not None:
        mine = (INSTRUCTION.c.handle == found.handle, INSTRUCTION.c.consent_of == found.handle)
        concerns = or_(concerns, *mine)
    states = [state.value for state in InstructionState.open()]
    return _instructions(connection, INSTRUCTION.c.state.in_(states), concerns)


def was_refused(
    connection: Connection, order_id: str, act: Act, sequence: int, *, since: datetime
) -> bool:
    """Whether an order's step was asked for since then, at this sequence, and refused or denied."""
    given_up = (InstructionState.REFUSED, InstructionState.WITHDRAWN)
    found = _instructions(
        connection,
        INSTRUCTION.c.order_id == order_id,
        INSTRUCTION.c.act == act.value,
        INSTRUCTION.c.sequence == sequence,
        INSTRUCTION.c.state.in_([state.value for state in given_up]),
        INSTRUCTION.c.instructed_at > since,
    )
    return bool(found)


def issues_of_bill(connection: Connection, bill: BillKey) -> list[Instruction]:
    """Issues of a bill's title that were asked for, oldest first."""
    return _instructions(
        connection,
        INSTRUCTION.c.act.in_(ISSUING_ACTS),
        INSTRUCTION.c.carrier == bill.carrier,
        INSTRUCTION.c.transport_document_reference == bill.number,
    )


def issues_of_document(
    connection: Connection, bill: BillKey, document_commitment: str
) -> list[Instruction]:
    """Issues of a title that a carrier asked for, for a document or under its bill's number."""
    return _instructions(
        connection,
        INSTRUCTION.c.act.in_(ISSUING_ACTS),
        INSTRUCTION.c.carrier == bill.carrier,
        (INSTRUCTION.c.document_commitment == document_commitment)
        | (INSTRUCTION.c.transport_document_reference == bill.number),
    )


def _titles(connection: Connection, *where: Any) -> list[Title]:
    order = (TITLE.c.block_number, TITLE.c.id)
    rows = connection.execute(select(TITLE).where(*where).order_by(*order)).mappings()
    return [_title(row) for row in rows]


def _title(row: RowMapping) -> Title:
    return Title(**{**row, "state": TitleState(row["state"]), "parents": tuple(row["parents"])})


def _party(connection: Connection, where: Any) -> Party | None:
    row = connection.execute(select(PARTY).where(where)).mappings().one_or_none()
    return _as_party(row) if row else None


def _as_party(row: RowMapping) -> Party:
    return Party(**{**row, "custody": Custody(row["custody"])})


def _instructions(connection: Connection, *where: Any) -> list[Instruction]:
    statement = select(INSTRUCTION).where(*where).order_by(INSTRUCTION.c.id)
    return [
        Instruction(**{**row, "act": Act(row["act"]), "state": InstructionState(row["state"])})
        for row in connection.execute(statement).mappings()
    ]
