"""Looking at titles 查看控制权: which one may see, what is pending, what one may ask for now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from yidan.kernel.errors import ForbiddenError, NotFoundError
from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Reason
from yidan.parties.actions import acting_party
from yidan.parties.involvement import roles_in
from yidan.ports import TitleDesk
from yidan.release.rules.readiness import STOPPED
from yidan.release.tables.bills import BillKey
from yidan.release.titles import events, tables
from yidan.release.titles.actions.amending import answer_of, wish_of
from yidan.release.titles.actions.instructions import (
    TERM,
    Asked,
    concerns,
    findings,
    office_of,
    shown,
    signer_of,
)
from yidan.release.titles.actions.keys import kept_by
from yidan.release.titles.actions.sight import bill_of, may_see, seen_title, watch_of
from yidan.release.titles.amending import ANSWERS
from yidan.release.titles.events import Act
from yidan.release.titles.rules import guards, offices
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.tables import Instruction, Party, Title
from yidan.release.titles.word import BEARER, TitleState
from yidan.store import following
from yidan.store.ledger_state import releases_stopped
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import Bill, get_bill


@dataclass(frozen=True, kw_only=True)
class Possible:
    """An act that is a party's to ask for, and why it may not now; [] it may."""

    act: Act
    authority: Authority | None = None
    gate: Gate | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An instruction without an outcome, as one of its parties sees it."""

    asked: Asked
    consents: bool
    """Its consent is the acting party's to give."""
    sent: bool
    """It is in a batch: the contract decides."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A title with everything its page says."""

    id: str
    title: Title | None
    """None while its issue has no outcome, or where it is not the party's to see (any more)."""
    whole: bool
    """The party is a party to the title, so that everything recorded of it is proved to it."""
    pending: tuple[Pending, ...]
    possible: tuple[Possible, ...]
    history: tuple[Recorded[Event], ...]
    """Newest first."""
    instructions: dict[str, Instruction]
    """Everything that was asked for, by id."""
    heirs: tuple[Title, ...]
    wish: Mapping[str, Any]
    """What is asked to take its place, in state AMENDMENT and known; else {}."""
    confirmed_block: int
    """Newest block whose outcomes count, 0 before the first."""
    seen_block: int
    """Newest block that was read."""


def list_titles(
    uow: UnitOfWork, *, before: str = "", limit: int = 50, waybill_id: str = ""
) -> list[Title]:
    """The titles that the acting party may see, highest id first, behind `before`."""
    party = uow.actor.party
    watch = watch_of(uow, party)
    return tables.titles_page(
        uow.connection,
        "" if watch.all else party,
        gates=watch.gates,
        before=before,
        limit=limit,
        waybill_id=waybill_id,
    )


def see_title(title_id: str, uow: UnitOfWork) -> Title:
    """A title, for whom it concerns, and for those whose office watches over it.

    Raises:
        NotFoundError: no such title that the acting party may see.
    """
    return seen_title(uow, title_id, uow.actor.party)


def look_at_title(title_id: str, desk: TitleDesk, uow: UnitOfWork) -> Seen:
    """A title with what is pending on it, what may be asked for, and what happened.

    Whom the title does not concern sees there what it was asked for itself, and nothing else.

    Raises:
        NotFoundError: no such title that the acting party may see.
    """
    title = tables.find_title(uow.connection, title_id)
    if title is not None and not may_see(uow, title):
        title = None
    asked = tables.instructions_of(uow.connection, title_id)
    own = [one for one in asked if concerns(uow, one, uow.actor.party)]
    if title is None and not own:
        raise NotFoundError
    whole = bool(roles_in(uow.connection, f"title:{title_id}", uow.actor.party))
    blocks = following.blocks(uow.connection)
    return Seen(
        id=title_id,
        title=title,
        whole=whole,
        pending=tuple(pending(uow, own, desk)),
        possible=tuple(possible(uow, title)) if title is not None else (),
        history=tuple(
            recorded
            for recorded in reversed(uow.history(f"title:{title_id}"))
            if whole
            or (title is not None and isinstance(recorded.event, events.TitleConfirmed))
            or getattr(recorded.event, "instruction_id", "") in {one.id for one in own}
        ),
        instructions={one.id: one for one in asked},
        heirs=tuple(
            heir
            for heir in tables.heirs_of(uow.connection, title_id)
            if title is not None and may_see(uow, heir)
        ),
        wish=(wish_of(uow, title) or {}) if _is_amended(title) else {},
        confirmed_block=blocks[0].number if blocks else 0,
        seen_block=blocks[-1].number if blocks else 0,
    )


def _is_amended(title: Title | None) -> TypeGuard[Title]:
    return title is not None and title.state is TitleState.AMENDMENT


def pending(uow: UnitOfWork, asked: Sequence[Instruction], desk: TitleDesk) -> Iterator[Pending]:
    """Those that have no outcome, as the acting party, whom they concern, sees them."""
    found = tables.party_of(uow.connection, uow.actor.party)
    handle = found.handle if found else -1
    for one in asked:
        if one.state in InstructionState.open():
            yield Pending(
                asked=shown(one.id, desk, uow),
                consents=one.consent_of == handle
                and one.state is InstructionState.AWAITING_CONSENT,
                sent=following.was_relayed(uow.connection, one.id),
            )


def waiting(desk: TitleDesk, uow: UnitOfWork) -> list[Pending]:
    """Everything without an outcome that concerns the acting party, oldest first."""
    return list(pending(uow, tables.waiting_for(uow.connection, uow.actor.party), desk))


# --- what may be asked for ----------------------------------------------------------------------

_PROBE: Final[dict[str, Any]] = {
    "taker": 0,
    "holder": 0,
    "pledgee": 0,
    "roles": 3,
    "notice": guards.NOTICE_S[0],
}
"""Terms that nothing stands against: what a party enters is judged when it asks."""


def possible(uow: UnitOfWork, title: Title) -> Iterator[Possible]:
    """Every act that is the acting party's to ask for on a title, with what stands against it."""
    party = uow.actor.party
    mine = tables.party_of(uow.connection, party)
    stopped = [STOPPED()] if releases_stopped(uow.connection) else []
    for act, authority, gate in _capacities(uow, title, party, mine):
        found = _judged(uow, title, act, authority, gate)
        if act is not Act.HOLD:
            found = [*stopped, *found]
        yield Possible(act=act, authority=authority, gate=gate, reasons=tuple(found))


def _capacities(
    uow: UnitOfWork, title: Title, party_id: str, mine: Party | None
) -> Iterator[tuple[Act, Authority | None, Gate | None]]:
    """The acts of what a party is to a title: holder, taker, pledgee, issuer, authority, keeper."""
    if title.live:
        yield from ((act, None, None) for act in _of_party(title, mine.handle if mine else -1))
    issuer = party_id == title.issuer_party or bill_of(uow, title, party_id) is not None
    if issuer and (title.live or title.state is TitleState.PAPER):
        yield from ((act, None, None) for act in _of_issuer(uow, title))
    if mine is None:
        return
    for authority in Authority:
        bit = offices.authority_bit(authority)
        held = bool(title.holds >> bit & 1)
        if (held or title.live) and kept_by(uow, offices.AUTHORITIES + bit, mine):
            yield Act.UNHOLD if held else Act.HOLD, authority, None
    for gate in Gate if title.live else ():
        bit = offices.gate_bit(gate)
        if kept_by(uow, offices.GATEKEEPERS + bit, mine):
            yield Act.UNSATISFY if title.gates_satisfied >> bit & 1 else Act.SATISFY, None, gate


def _of_issuer(uow: UnitOfWork, title: Title) -> tuple[Act, ...]:
    """The answers of the issuer: to a surrender for delivery, or for amendment; then the close."""
    match title.state:
        case TitleState.PAPER:
            return (Act.SWITCH_BACK,)
        case TitleState.RELEASING:
            return (Act.CLOSE_WITH_TOLERANCE,)
        case TitleState.AMENDMENT:
            paper = bool(answer_of(uow, title).get("paper"))
            return Act.SWITCH_TO_PAPER if paper else Act.REPLACE, Act.REJECT_AMENDMENT
        case _:
            return Act.ACCEPT_SURRENDER, Act.REJECT_SURRENDER


def _of_party(title: Title, handle: int) -> Iterator[Act]:
    """What the holder or owner, the taker, the pledgee may ask for."""
    owner = title.holder if title.owner == BEARER else title.owner
    if handle in {title.holder, owner}:
        yield from (Act.TRANSFER, Act.PROPOSE, Act.PLEDGE)
        yield Act.SURRENDER_PLEDGED if title.pledged else Act.SURRENDER
        yield Act.SURRENDER_FOR_AMENDMENT
        if title.state is TitleState.PENDING:
            yield Act.RECLAIM
    if title.state is TitleState.PENDING and handle == title.taker:
        yield from (Act.ACCEPT, Act.DECLINE)
    if title.pledged and handle == title.pledgee:
        yield from (Act.DISCHARGE, Act.ASSIGN_PLEDGE, Act.FORECLOSE)
        yield Act.WITHDRAW_NOTICE if title.foreclosing else Act.GIVE_NOTICE


def _judged(
    uow: UnitOfWork,
    title: Title,
    act: Act,
    authority: Authority | None,
    gate: Gate | None,
) -> list[Reason]:
    try:
        signer = signer_of(uow, act, title, acting_party(uow))
    except ForbiddenError as error:
        return list(error.reasons)
    deadline = uow.now + TERM
    terms = {**_PROBE, "deadline": int(deadline.timestamp())}
    if authority is not None:
        terms["authority"] = offices.authority_bit(authority)
    if gate is not None:
        terms["gate"] = offices.gate_bit(gate)
    if act in ANSWERS:
        terms |= answer_of(uow, title)
    office = office_of(title, act, authority, gate)
    return findings(uow, act, title, signer, terms, office, deadline)


def bill_to_issue(waybill_id: str, uow: UnitOfWork) -> Bill | None:
    """The bill, where the acting party may ask for its title's issue; else None."""
    bill = get_bill(uow.connection, waybill_id) if waybill_id else None
    if bill is None or not bill.live or not bill.negotiable:
        return None
    return bill if uow.actor.party in (bill.carrier_id, bill.agent_id) else None


def issues_of(uow: UnitOfWork, bill: Bill) -> list[Instruction]:
    """Issues of a bill's title that have no outcome yet."""
    key = BillKey(bill.carrier_id, bill.transport_document_reference)
    return [
        asked
        for asked in tables.issues_of_bill(uow.connection, key)
        if asked.state in InstructionState.open()
    ]
