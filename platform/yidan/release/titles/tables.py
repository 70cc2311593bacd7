"""The read side of titles: parties' handles, offices, titles, instructions.

**Which function folds a log into the table**: `yidan.proof.titles.outcomes.outcomes` turns the
contract's logs of one block into `TitleConfirmed` events, `UnitOfWork.record` runs
`_title_confirmed` here, and that is the only writer of `titles_title`. What a party asks for never
touches it (I15).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Text, cast, insert, or_, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import SYSTEM, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, involved, visible_to, withdraw
from yidan.parties.tables import organisation
from yidan.release.tables.bills import BillKey
from yidan.release.titles import events, word
from yidan.release.titles.events import ISSUING, Act, Custody
from yidan.release.titles.rules.clearing import CLEARED
from yidan.release.titles.rules.instructing import (
    InstructionState,
    first_state,
    role_among,
    state_after_consent,
)
from yidan.release.titles.rules.offices import ISSUERS
from yidan.release.titles.word import ENDS, TitleState
from yidan.store.columns import Instant, Json, Serial
from yidan.store.followers import follows
from yidan.store.projections import changed_one, projects
from yidan.waybill.tables import of_carrier_side

RELAY: Final = "titles"
"""The consumer that sends instructions to the contract."""


class PartyRow(SQLModel, table=True):
    """A party's handle on the contract and the key it stands for."""

    __tablename__ = "titles_party"
    handle: int = Field(primary_key=True, sa_type=Serial)
    party_id: str = Field(unique=True)
    custody: str
    wanted_key: str
    """Its own key's address, "" where the platform makes one."""
    possession: str
    """Its own key's signature that it is held, "" until it came."""
    key: str
    """Address that the contract has, "" until it is confirmed."""
    suspended: bool
    """Whether the contract refuses what it signs for itself."""
    wanted_suspended: bool
    """What the administrator asked for last."""
    standing_ask: str
    """Id of that, "" before the first."""
    standing_evidence: str
    """Hash of its reason, "" before the first."""


class OfficeRow(SQLModel, table=True):
    """An office of the contract: whose it is to be, and the key that keeps it."""

    __tablename__ = "titles_office"
    office: int = Field(primary_key=True, sa_type=Serial)
    party_id: str
    key: str
    """"" until it is confirmed."""


class TitleRow(SQLModel, table=True):
    """A title as the contract has it at depth k."""

    __tablename__ = "titles_title"
    id: str = Field(primary_key=True)
    """64 hex digits."""
    word: str
    """The whole word, 64 hex digits."""
    second: str
    """The second word; "" if it is zero."""
    state: str = Field(index=True)
    sequence: int
    quantity: int = Field(sa_type=Serial)
    ordered: int = Field(sa_type=Serial)
    collected: int = Field(sa_type=Serial)
    owner: int = Field(sa_type=Serial)
    holder: int = Field(sa_type=Serial)
    taker: int = Field(sa_type=Serial)
    pledgee: int = Field(sa_type=Serial)
    owner_party: str
    """Party id behind the handle, "" if the platform does not know it; so below."""
    holder_party: str = Field(index=True)
    taker_party: str
    pledgee_party: str
    offered_until: datetime | None = Field(default=None, sa_type=Instant)
    holds: int
    gates_required: int
    gates_satisfied: int
    pledged: bool
    foreclosing: bool
    issuer: int
    issuer_party: str
    cleared_for: int = Field(sa_type=Serial)
    """Handle of who held it when its surrender was accepted, 0 before."""
    carrier: str = Field(index=True)
    transport_document_reference: str = Field(index=True)
    waybill_id: str
    document_commitment: str = Field(index=True)
    parents: Any = Field(sa_type=Json)
    block_number: int = Field(sa_type=Serial)
    changed_at: datetime = Field(sa_type=Instant)


class InstructionRow(SQLModel, table=True):
    """An instruction of a party and what became of it."""

    __tablename__ = "titles_instruction"
    id: str = Field(primary_key=True)
    title: str = Field(index=True)
    act: str
    sequence: int
    nonce: int = Field(sa_type=Serial)
    deadline: datetime = Field(sa_type=Instant)
    handle: int = Field(sa_type=Serial)
    consent_of: int = Field(sa_type=Serial)
    terms: Any = Field(sa_type=Json)
    instructed_by: str = Field(index=True)
    waybill_id: str
    carrier: str
    transport_document_reference: str
    document_commitment: str
    state: str = Field(index=True)
    consent: str
    """The consenting party's own signature, "" where the platform signs."""
    signature: str
    code: str
    """The contract's reason where it was refused, else ""."""
    order_id: str = Field(index=True)
    """The platform's release order that the contract is told of, else ""."""
    instructed_at: datetime = Field(sa_type=Instant)


follows(RELAY, events.TitleInstructed, events.TitleConsented, events.TitleSigned, own_loop=True)

_ISSUING: Final = sorted(act.value for act in ISSUING)
_PARTY = PartyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_OFFICE = OfficeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TITLE = TitleRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_INSTRUCTION = InstructionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Title:
    """One title as the contract has it at depth k."""

    id: str
    word: str
    second: str
    state: TitleState
    sequence: int
    quantity: int
    ordered: int
    collected: int
    owner: int
    holder: int
    taker: int
    pledgee: int
    owner_party: str
    holder_party: str
    taker_party: str
    pledgee_party: str
    offered_until: datetime | None
    holds: int
    gates_required: int
    gates_satisfied: int
    pledged: bool
    foreclosing: bool
    issuer: int
    issuer_party: str
    cleared_for: int
    carrier: str
    transport_document_reference: str
    waybill_id: str
    document_commitment: str
    parents: tuple[str, ...]
    block_number: int
    changed_at: datetime

    @property
    def live(self) -> bool:
        """Whether it can still change."""
        return self.state not in ENDS

    @property
    def passed_on(self) -> bool:
        """Whether another holds it than when its surrender was accepted (foreclosed, seized)."""
        return self.cleared_for not in (0, self.holder)

    @property
    def bill(self) -> BillKey:
        """The bill it stands for; empty strings where the platform was not told."""
        return BillKey(self.carrier, self.transport_document_reference)


@dataclass(frozen=True, kw_only=True)
class Party:
    """A party's handle and key."""

    handle: int
    party_id: str
    custody: Custody
    wanted_key: str
    possession: str
    key: str
    suspended: bool
    wanted_suspended: bool
    standing_ask: str
    standing_evidence: str

    @property
    def standing_waits(self) -> bool:
        """Whether the contract has not done yet what the administrator asked for."""
        return bool(self.standing_ask) and self.wanted_suspended is not self.suspended


@dataclass(frozen=True, kw_only=True)
class Office:
    """An office and who keeps it."""

    office: int
    party_id: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction and what became of it."""

    id: str
    title: str
    act: Act
    sequence: int
    nonce: int
    deadline: datetime
    handle: int
    consent_of: int
    terms: Any
    instructed_by: str
    waybill_id: str
    carrier: str
    transport_document_reference: str
    document_commitment: str
    state: InstructionState
    consent: str
    signature: str
    code: str
    order_id: str
    instructed_at: datetime


# --- finders ------------------------------------------------------------------------------------


def find_title(connection: Connection, title_id: str) -> Title | None:
    """A title by its id."""
    found = _titles(connection, _TITLE.c.id == title_id)
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
        _TITLE.c.carrier == bill.carrier,
        (_TITLE.c.document_commitment == document_commitment)
        | (_TITLE.c.transport_document_reference == bill.number),
    )


def bills_of_document(connection: Connection, document_commitment: str) -> set[BillKey]:
    """Every bill for which a document's title was issued, or was asked for and not refused."""
    issued = _titles(connection, _TITLE.c.document_commitment == document_commitment)
    asked = _instructions(connection, _INSTRUCTION.c.document_commitment == document_commitment)
    waiting = [one for one in asked if one.state in InstructionState.open()]
    return {
        *(title.bill for title in issued),
        *(BillKey(one.carrier, one.transport_document_reference) for one in waiting),
    }


def titles_of_bill(connection: Connection, bill: BillKey) -> list[Title]:
    """Every title of a bill, ended ones among them, in the order of their last changes."""
    return _titles(
        connection,
        _TITLE.c.carrier == bill.carrier,
        _TITLE.c.transport_document_reference == bill.number,
    )


def heirs_of(connection: Connection, title_id: str) -> list[Title]:
    """Titles that took a title's place, of whatever bill."""
    return _titles(connection, cast(_TITLE.c.parents, Text).contains(f'"{title_id}"'))


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
    return _party(connection, _PARTY.c.party_id == party_id)


def party_by_handle(connection: Connection, handle: int) -> Party | None:
    """The party behind a handle; None if the platform does not know it."""
    return _party(connection, _PARTY.c.handle == handle)


def parties_without_key(connection: Connection) -> list[Party]:
    """Parties whose key the contract does not have yet, lowest handle first."""
    statement = select(_PARTY).where(_PARTY.c.key == "").order_by(_PARTY.c.handle)
    return [_as_party(row) for row in connection.execute(statement).mappings()]


def standings_waited_for(connection: Connection) -> list[Party]:
    """Parties that are to be suspended or restored, lowest handle first."""
    where = (_PARTY.c.standing_ask != "", _PARTY.c.wanted_suspended != _PARTY.c.suspended)
    statement = select(_PARTY).where(*where).order_by(_PARTY.c.handle)
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
        mine = _TITLE.c.id.in_(visible_to(party_id, "title"))
        carried = _TITLE.c.waybill_id.in_(of_carrier_side(party_id))
        where.append(mine | carried | (_TITLE.c.gates_required.bitwise_and(gates) != 0))
    if before:
        where.append(_TITLE.c.id < before)
    if waybill_id:
        where.append(_TITLE.c.waybill_id == waybill_id)
    statement = select(_TITLE).where(*where).order_by(_TITLE.c.id.desc()).limit(limit)
    return [_title(row) for row in connection.execute(statement).mappings()]


def highest_handle(connection: Connection) -> int:
    """The highest handle that was given out, 0 before the first."""
    statement = select(_PARTY.c.handle).order_by(_PARTY.c.handle.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none() or 0


def offices(connection: Connection) -> list[Office]:
    """Every office that is given out or kept, lowest number first."""
    statement = select(_OFFICE).order_by(_OFFICE.c.office)
    return [Office(**row) for row in connection.execute(statement).mappings()]


def office(connection: Connection, number: int) -> Office | None:
    """An office by its number."""
    statement = select(_OFFICE).where(_OFFICE.c.office == number)
    row = connection.execute(statement).mappings().one_or_none()
    return Office(**row) if row else None


def instruction(connection: Connection, instruction_id: str) -> Instruction | None:
    """An instruction by its id."""
    found = _instructions(connection, _INSTRUCTION.c.id == instruction_id)
    return found[0] if found else None


def open_instructions(
    connection: Connection, title_id: str = "", act: Act | None = None
) -> list[Instruction]:
    """What has no outcome yet, of one title or of all, of one act or of all, oldest first."""
    conditions = [_INSTRUCTION.c.state.in_([state.value for state in InstructionState.open()])]
    if title_id:
        conditions.append(_INSTRUCTION.c.title == title_id)
    if act is not None:
        conditions.append(_INSTRUCTION.c.act == act.value)
    return _instructions(connection, *conditions)


def instructions_of(connection: Connection, title_id: str) -> list[Instruction]:
    """Everything that was asked for on a title, oldest first."""
    return _instructions(connection, _INSTRUCTION.c.title == title_id)


def waiting_for(connection: Connection, party_id: str) -> list[Instruction]:
    """What has no outcome yet and is a party's to sign, to consent to, or asked for by it."""
    found = party_of(connection, party_id)
    concerns = _INSTRUCTION.c.instructed_by == party_id
    if found is not None:
        mine = (_INSTRUCTION.c.handle == found.handle, _INSTRUCTION.c.consent_of == found.handle)
        concerns = or_(concerns, *mine)
    states = [state.value for state in InstructionState.open()]
    return _instructions(connection, _INSTRUCTION.c.state.in_(states), concerns)


def was_refused(
    connection: Connection, order_id: str, act: Act, sequence: int, *, since: datetime
) -> bool:
    """Whether a step of an order was asked for since then, at this sequence, and refused."""
    found = _instructions(
        connection,
        _INSTRUCTION.c.order_id == order_id,
        _INSTRUCTION.c.act == act.value,
        _INSTRUCTION.c.sequence == sequence,
        _INSTRUCTION.c.state == InstructionState.REFUSED.value,
        _INSTRUCTION.c.instructed_at > since,
    )
    return bool(found)


def issues_of_bill(connection: Connection, bill: BillKey) -> list[Instruction]:
    """Issues of a bill's title that were asked for, oldest first."""
    return _instructions(
        connection,
        _INSTRUCTION.c.act.in_(_ISSUING),
        _INSTRUCTION.c.carrier == bill.carrier,
        _INSTRUCTION.c.transport_document_reference == bill.number,
    )


def issues_of_document(
    connection: Connection, bill: BillKey, document_commitment: str
) -> list[Instruction]:
    """Issues of a title that a carrier asked for, for a document or under its bill's number."""
    return _instructions(
        connection,
        _INSTRUCTION.c.act.in_(_ISSUING),
        _INSTRUCTION.c.carrier == bill.carrier,
        (_INSTRUCTION.c.document_commitment == document_commitment)
        | (_INSTRUCTION.c.transport_document_reference == bill.number),
    )


def _titles(connection: Connection, *where: Any) -> list[Title]:
    order = (_TITLE.c.block_number, _TITLE.c.id)
    rows = connection.execute(select(_TITLE).where(*where).order_by(*order)).mappings()
    return [_title(row) for row in rows]


def _title(row: RowMapping) -> Title:
    return Title(**{**row, "state": TitleState(row["state"]), "parents": tuple(row["parents"])})


def _party(connection: Connection, where: Any) -> Party | None:
    row = connection.execute(select(_PARTY).where(where)).mappings().one_or_none()
    return _as_party(row) if row else None


def _as_party(row: RowMapping) -> Party:
    return Party(**{**row, "custody": Custody(row["custody"])})


def _instructions(connection: Connection, *where: Any) -> list[Instruction]:
    statement = select(_INSTRUCTION).where(*where).order_by(_INSTRUCTION.c.id)
    return [
        Instruction(**{**row, "act": Act(row["act"]), "state": InstructionState(row["state"])})
        for row in connection.execute(statement).mappings()
    ]


# --- parties and offices ------------------------------------------------------------------------


@projects(events.PartyNamed)
def _party_named(connection: Connection, recorded: Recorded[events.PartyNamed]) -> None:
    named = recorded.event
    values = {
        "party_id": named.party_id,
        "custody": named.custody.value,
        "wanted_key": named.key,
        "possession": "",
        "key": "",
        "suspended": False,
        "wanted_suspended": False,
        "standing_ask": "",
        "standing_evidence": "",
    }
    connection.execute(insert(_PARTY).values(handle=named.handle, **values))


@projects(events.KeyProved)
def _key_proved(connection: Connection, recorded: Recorded[events.KeyProved]) -> None:
    mine = _PARTY.c.handle == recorded.event.handle
    values = {"possession": recorded.event.signature}
    changed_one(connection.execute(update(_PARTY).where(mine).values(values)))


@projects(events.KeyConfirmed)
def _key_confirmed(connection: Connection, recorded: Recorded[events.KeyConfirmed]) -> None:
    mine = _PARTY.c.handle == recorded.event.handle
    changed_one(connection.execute(update(_PARTY).where(mine).values(key=recorded.event.key)))


@projects(events.StandingAsked)
def _standing_asked(connection: Connection, recorded: Recorded[events.StandingAsked]) -> None:
    asked = recorded.event
    values = {
        "wanted_suspended": asked.suspended,
        "standing_ask": asked.ask_id,
        "standing_evidence": asked.evidence,
    }
    mine = _PARTY.c.handle == asked.handle
    changed_one(connection.execute(update(_PARTY).where(mine).values(values)))


@projects(events.StandingConfirmed)
def _standing_confirmed(
    connection: Connection, recorded: Recorded[events.StandingConfirmed]
) -> None:
    mine = _PARTY.c.handle == recorded.event.handle
    values = {"suspended": recorded.event.suspended}
    changed_one(connection.execute(update(_PARTY).where(mine).values(values)))


@projects(events.OfficeGiven)
def _office_given(connection: Connection, recorded: Recorded[events.OfficeGiven]) -> None:
    given = recorded.event
    connection.execute(insert(_OFFICE).values(office=given.office, party_id=given.party_id, key=""))


@projects(events.OfficeConfirmed)
def _office_confirmed(connection: Connection, recorded: Recorded[events.OfficeConfirmed]) -> None:
    kept = recorded.event
    here = _OFFICE.c.office == kept.office
    changed_one(connection.execute(update(_OFFICE).where(here).values(key=kept.key)))


# --- instructions -------------------------------------------------------------------------------


@projects(events.TitleInstructed)
def _instructed(connection: Connection, recorded: Recorded[events.TitleInstructed]) -> None:
    asked = recorded.event
    signer = party_by_handle(connection, asked.handle)
    custody = signer.custody if signer else Custody.OWN
    connection.execute(
        insert(_INSTRUCTION).values(
            id=asked.instruction_id,
            title=asked.title,
            act=asked.act.value,
            sequence=asked.sequence,
            nonce=asked.nonce,
            deadline=asked.deadline,
            handle=asked.handle,
            consent_of=asked.consent_of,
            terms=dict(asked.terms),
            instructed_by=recorded.actor.party,
            waybill_id=asked.waybill_id,
            carrier=asked.carrier,
            transport_document_reference=asked.transport_document_reference,
            document_commitment=asked.document_commitment,
            state=first_state(custody, consent=bool(asked.consent_of)).value,
            consent="",
            signature="",
            code="",
            order_id=asked.order_id,
            instructed_at=recorded.recorded_at,
        )
    )


@projects(events.TitleConsented)
def _consented(connection: Connection, recorded: Recorded[events.TitleConsented]) -> None:
    asked = instruction(connection, recorded.event.instruction_id)
    signer = party_by_handle(connection, asked.handle) if asked else None
    after = state_after_consent(signer.custody if signer else Custody.OWN)
    before = InstructionState.AWAITING_CONSENT
    if recorded.actor.party == SYSTEM.party:
        # The platform signs afterwards what its person agreed to.
        before = after
    _step(
        connection,
        recorded.event.instruction_id,
        (before,),
        after,
        consent=recorded.event.signature,
    )


@projects(events.TitleSigned)
def _signed(connection: Connection, recorded: Recorded[events.TitleSigned]) -> None:
    _step(
        connection,
        recorded.event.instruction_id,
        (InstructionState.AWAITING_SIGNATURE,),
        InstructionState.READY,
        signature=recorded.event.signature,
    )


@projects(events.TitleWithdrawn)
def _withdrawn(connection: Connection, recorded: Recorded[events.TitleWithdrawn]) -> None:
    before = InstructionState.open()
    _step(connection, recorded.event.instruction_id, before, InstructionState.WITHDRAWN)


@projects(events.TitleRefused)
def _title_refused(connection: Connection, recorded: Recorded[events.TitleRefused]) -> None:
    _step(
        connection,
        recorded.event.instruction_id,
        InstructionState.open(),
        InstructionState.REFUSED,
        code=recorded.event.code,
    )


def _step(
    connection: Connection,
    instruction_id: str,
    before: Sequence[InstructionState],
    after: InstructionState,
    **values: str,
) -> None:
    changed_one(
        connection.execute(
            update(_INSTRUCTION)
            .where(
                _INSTRUCTION.c.id == instruction_id,
                _INSTRUCTION.c.state.in_([state.value for state in before]),
            )
            .values(state=after.value, **values)
        )
    )


# --- titles: outcomes only ----------------------------------------------------------------------


@projects(events.TitleConfirmed)
def _title_confirmed(connection: Connection, recorded: Recorded[events.TitleConfirmed]) -> None:
    happened = recorded.event
    before = find_title(connection, happened.title)
    told = happened.word or (before.word if before else word.NONE)
    read = word.read(told)
    second = word.second_after(before.second if before else "", happened.second, read)
    values = {
        "cleared_for": _cleared_for(before, read),
        **_columns(connection, told, read),
        **_pledge_columns(connection, second, read),
        "block_number": happened.block_number,
        "changed_at": recorded.recorded_at,
    }
    if before is None:
        descent = _descent(connection, happened, read.issuer)
        connection.execute(insert(_TITLE).values(id=happened.title, **values, **descent))
    else:
        connection.execute(update(_TITLE).where(_TITLE.c.id == happened.title).values(values))
    if happened.instruction_id:
        _step(
            connection,
            happened.instruction_id,
            InstructionState.unconfirmed(),
            InstructionState.CONFIRMED,
            code="",
        )
    _show(connection, happened.title)


def _cleared_for(before: Title | None, read: word.Word) -> int:
    if before is not None and before.cleared_for:
        return before.cleared_for
    return read.holder if read.state in CLEARED else 0


def _columns(connection: Connection, told: str, read: word.Word) -> dict[str, Any]:
    kept = office(connection, ISSUERS + read.issuer)
    return {
        "word": told,
        "state": read.state.value,
        "sequence": read.sequence,
        "quantity": read.quantity,
        "ordered": read.ordered,
        "collected": read.collected,
        "owner": read.owner,
        "holder": read.holder,
        "taker": read.taker,
        "owner_party": _name(connection, read.owner),
        "holder_party": _name(connection, read.holder),
        "taker_party": _name(connection, read.taker),
        "offered_until": read.offered_until,
        "holds": read.holds,
        "gates_required": read.gates_required,
        "gates_satisfied": read.gates_satisfied,
        "pledged": read.pledged,
        "foreclosing": read.foreclosing,
        "issuer": read.issuer,
        "issuer_party": kept.party_id if kept else "",
    }


def _pledge_columns(connection: Connection, second: str, read: word.Word) -> dict[str, Any]:
    pledge = word.read_pledge(second) if read.pledged else None
    pledgee = pledge.pledgee if pledge else 0
    return {
        "second": second,
        "pledgee": pledgee,
        "pledgee_party": _name(connection, pledgee),
    }


def _name(connection: Connection, handle: int) -> str:
    found = party_by_handle(connection, handle) if handle else None
    return found.party_id if found else ""


def _descent(
    connection: Connection, happened: events.TitleConfirmed, issuer: int
) -> dict[str, Any]:
    """What a new title stands for: as its issue was asked for, or as its first parent stood for.

    A title has its bill whatever became of the platform's own instruction: its carrier may have
    taken it back and called the contract itself, with other terms.
    """
    asked = instruction(connection, happened.instruction_id) or _issue_of(
        connection, happened.title, issuer
    )
    parents = [find_title(connection, parent) for parent in happened.parents]
    source = next((one for one in (asked, *parents) if one is not None), None)
    names = ("carrier", "transport_document_reference", "waybill_id", "document_commitment")
    found = {name: getattr(source, name) if source else "" for name in names}
    own = _own_document(connection, happened)
    if own:
        found["document_commitment"] = own
    return {**found, "parents": list(happened.parents)}


def _own_document(connection: Connection, happened: events.TitleConfirmed) -> str:
    """The document of a title that took others' place, where its holder named one; else ""."""
    named = [
        child["document"]
        for parent in happened.parents
        for asked in instructions_of(connection, parent)
        for child in asked.terms.get("children", ())
        if child["title"] == happened.title
    ]
    return str(named[-1]) if named else ""


def _issue_of(connection: Connection, title_id: str, issuer: int) -> Instruction | None:
    """The newest issue of a title that its issuer asked for, whatever became of it."""
    asked = [
        one
        for one in instructions_of(connection, title_id)
        if one.act is Act.SWITCH_BACK or (one.act is Act.ISSUE and one.terms["issuer"] == issuer)
    ]
    return asked[-1] if asked else None


def _show(connection: Connection, title_id: str) -> None:
    """Make those parties who are concerned by the title now parties to it, and nobody else."""
    title, subject = find_title(connection, title_id), f"title:{title_id}"
    if title is None:
        return
    wanted: set[tuple[str, Role]] = set()
    for party in {
        title.owner_party,
        title.holder_party,
        title.taker_party,
        title.pledgee_party,
        title.issuer_party,
    } - {""}:
        found = organisation(connection, party)
        if found is not None:
            wanted.add((party, role_among(found.roles)))
    present = set(involved(connection, subject))
    for party, role in present - wanted:
        withdraw(connection, subject, party, role)
    for party, role in wanted - present:
        involve(connection, subject, party, role)
