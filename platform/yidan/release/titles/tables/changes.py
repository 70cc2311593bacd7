"""What events change in the rows of titles.

**Which function folds a log into the table**: `yidan.proof.titles.outcomes.outcomes` turns the
contract's logs of one block into `TitleConfirmed` events, `UnitOfWork.record` runs
`_title_confirmed` here, and that is the only writer of `titles_title`. What a party asks for never
touches it (I15).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, update

from yidan.kernel.events import SYSTEM, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, involved, withdraw
from yidan.parties.tables import organisation
from yidan.release.titles import events, word
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.clearing import CLEARED
from yidan.release.titles.rules.instructing import (
    InstructionState,
    first_state,
    role_among,
    state_after_consent,
)
from yidan.release.titles.rules.offices import ISSUERS
from yidan.release.titles.tables.finding import (
    find_title,
    instruction,
    instructions_of,
    office,
    party_by_handle,
)
from yidan.release.titles.tables.rows import INSTRUCTION, OFFICE, PARTY, TITLE, Instruction, Title
from yidan.store.projections import changed_one, projects


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
    connection.execute(insert(PARTY).values(handle=named.handle, **values))


@projects(events.KeyProved)
def _key_proved(connection: Connection, recorded: Recorded[events.KeyProved]) -> None:
    mine = PARTY.c.handle == recorded.event.handle
    values = {"possession": recorded.event.signature}
    changed_one(connection.execute(update(PARTY).where(mine).values(values)))


@projects(events.KeyConfirmed)
def _key_confirmed(connection: Connection, recorded: Recorded[events.KeyConfirmed]) -> None:
    mine = PARTY.c.handle == recorded.event.handle
    changed_one(connection.execute(update(PARTY).where(mine).values(key=recorded.event.key)))


@projects(events.StandingAsked)
def _standing_asked(connection: Connection, recorded: Recorded[events.StandingAsked]) -> None:
    asked = recorded.event
    values = {
        "wanted_suspended": asked.suspended,
        "standing_ask": asked.ask_id,
        "standing_evidence": asked.evidence,
    }
    mine = PARTY.c.handle == asked.handle
    changed_one(connection.execute(update(PARTY).where(mine).values(values)))


@projects(events.StandingConfirmed)
def _standing_confirmed(
    connection: Connection, recorded: Recorded[events.StandingConfirmed]
) -> None:
    mine = PARTY.c.handle == recorded.event.handle
    before, now = party_by_handle(connection, recorded.event.handle), recorded.event.suspended
    values: dict[str, Any] = {"suspended": now}
    if before is not None and before.wanted_suspended is now:
        values["standing_ask"] = ""  # done: what the registrar does beside it is not waited for
    changed_one(connection.execute(update(PARTY).where(mine).values(values)))


@projects(events.OfficeGiven)
def _office_given(connection: Connection, recorded: Recorded[events.OfficeGiven]) -> None:
    given = recorded.event
    connection.execute(insert(OFFICE).values(office=given.office, party_id=given.party_id, key=""))


@projects(events.OfficeConfirmed)
def _office_confirmed(connection: Connection, recorded: Recorded[events.OfficeConfirmed]) -> None:
    kept = recorded.event
    here = OFFICE.c.office == kept.office
    changed_one(connection.execute(update(OFFICE).where(here).values(key=kept.key)))


@projects(events.TitleInstructed)
def _instructed(connection: Connection, recorded: Recorded[events.TitleInstructed]) -> None:
    asked = recorded.event
    signer = party_by_handle(connection, asked.handle)
    custody = signer.custody if signer else Custody.OWN
    connection.execute(
        insert(INSTRUCTION).values(
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
            update(INSTRUCTION)
            .where(
                INSTRUCTION.c.id == instruction_id,
                INSTRUCTION.c.state.in_([state.value for state in before]),
            )
            .values(state=after.value, **values)
        )
    )


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
        connection.execute(insert(TITLE).values(id=happened.title, **values, **descent))
    else:
        connection.execute(update(TITLE).where(TITLE.c.id == happened.title).values(values))
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
    """What a new title stands for: as its first parent stood for, or as its issue was asked for.

    Its holder may have drawn its id, so that the parent counts before any issue of that id.

    A title has its bill whatever became of the platform's own instruction: its carrier may have
    taken it back and called the contract itself, with other terms.
    """
    asked = instruction(connection, happened.instruction_id) or _issue_of(
        connection, happened.title, issuer
    )
    parents = [find_title(connection, parent) for parent in happened.parents]
    source = next((one for one in (*parents, asked) if one is not None), None)
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
