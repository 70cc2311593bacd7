"""Use cases: receive a transmission, apply its messages, keep it, answer it.

One transmission is one transaction; each message in it is applied whole or not at all. Messages
that can only stop goods act here, in the receiving transaction, never through a queue
(ARCHITECTURE 2).
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from yidan.exchange.events import EndpointSet
from yidan.exchange.rules import (
    NOT_UNDERSTOOD,
    REFERENCE_REUSED,
    UNREADABLE,
    InboxState,
    sender_findings,
    state_of,
)
from yidan.kernel.content import JsonValue, from_json, to_json
from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from yidan.kernel.reasons import Reason, Role
from yidan.parties.actions import acting_party
from yidan.ports import (
    Adapter,
    Command,
    GrantRelease,
    Interchange,
    LineOutcome,
    Message,
    MessageOutcome,
    PlaceSafetyHold,
    PreNotifyPickup,
    ReportCustomsStatus,
    ReportTrainArrival,
)
from yidan.release.actions import customs, grants, holds, rights
from yidan.release.rules.lights import CustomsLight
from yidan.store import inbox
from yidan.store.alarms import Alarm, open_alarms, raise_alarm
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import actions as waybill

Route = Callable[[Any, UnitOfWork], tuple[LineOutcome, ...]]

ROUTES: Final[Mapping[type[Command], Route]] = MappingProxyType(
    {
        GrantRelease: lambda command, uow: grants.grant_release(command, uow).lines,
        ReportCustomsStatus: lambda command, uow: customs.report_customs_status(command, uow).lines,
        PreNotifyPickup: lambda command, uow: (rights.pre_notify_pickup(command, uow),),
        ReportTrainArrival: lambda command, uow: waybill.report_train_arrival(command, uow).lines,
    }
)
"""Which use case carries out which command; each answers line by line."""

_REFUSALS: Final = (RefusedError, InvalidError, NotFoundError, ForbiddenError)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the platform answers to a transmission."""

    inbox_id: str
    state: InboxState
    outcomes: tuple[MessageOutcome, ...]
    findings: tuple[Reason, ...]
    answer: bytes | None
    """The acknowledgement in the sender's own format, where it has one."""
    repeated: bool = False


def receive(raw: bytes, adapter: Adapter, uow: UnitOfWork) -> Receipt:
    """Receive one transmission from the acting party; a repeated one gets its first answer.

    Raises:
        ForbiddenError: the party may not act.
    """
    party = acting_party(uow)
    received = adapter.parse(raw)
    digest = hashlib.sha256(raw).hexdigest()
    before = inbox.find(uow.connection, party.id, adapter.name, received.reference)
    if before is not None and before.sha256_hex == digest:
        return _repeat(before)
    if before is not None:
        reused = (REFERENCE_REUSED(reference=received.reference),)
        marked = f"{received.reference}#{digest}"
        same = inbox.find(uow.connection, party.id, adapter.name, marked)
        if same is not None:
            return _repeat(same)
        _stop_what_it_names(received, uow)
        return _keep(raw, adapter, uow, received, InboxState.CONFLICT, reused, reference=marked)
    wrong_sender = sender_findings(
        (received.sender, *received.claimed_senders),
        [one.partition(":")[2] for one in party.identifiers],
    )
    if received.messages and wrong_sender:
        _stop_what_it_names(received, uow)
        return _keep(raw, adapter, uow, received, InboxState.REFUSED, tuple(wrong_sender))
    outcomes = tuple(_apply(message, uow) for message in received.messages)
    state = state_of(
        [outcome.accepted for outcome in outcomes],
        [line.applied for outcome in outcomes for line in outcome.lines],
    )
    findings = received.findings
    if state is InboxState.UNREADABLE:
        findings = (UNREADABLE(), *findings)
    return _keep(raw, adapter, uow, received, state, findings, outcomes=outcomes)


def _stop_what_it_names(received: Interchange, uow: UnitOfWork) -> None:
    """Hold what an authority's message wants stopped, though the message itself is not believed.

    Of others nothing is held: they are not authorities.
    """
    commands = [command for message in received.messages for command in message.commands]
    for hold in filter(None, map(_as_hold, commands)):
        with suppress(*_REFUSALS), uow.savepoint():
            holds.place_safety_hold(hold, uow)


def _as_hold(command: Command) -> PlaceSafetyHold | None:
    if isinstance(command, PlaceSafetyHold):
        return command
    if not isinstance(command, ReportCustomsStatus) or command.status == CustomsLight.RELEASED:
        return None
    boxes = command.equipment_references
    bills = () if boxes else (command.transport_document_reference,)
    return PlaceSafetyHold(
        transport_document_references=bills, equipment_references=boxes, why=NOT_UNDERSTOOD.code
    )


def _apply(message: Message, uow: UnitOfWork) -> MessageOutcome:
    if not message.commands and message.findings:
        reason = NOT_UNDERSTOOD(reference=message.reference, kind=message.kind or "?")
        return _refused(message, (reason, *message.findings))
    try:
        with uow.savepoint():
            lines = [line for command in message.commands for line in _route(command, uow)]
    except _REFUSALS as error:
        return _refused(message, (*error.reasons, *message.findings))
    return MessageOutcome(
        reference=message.reference,
        document_reference=message.document_reference,
        accepted=any(line.applied for line in lines) or not lines,
        lines=tuple(lines),
        findings=(*message.findings, *(r for ln in lines if not ln.reference for r in ln.reasons)),
    )


def _route(command: Command, uow: UnitOfWork) -> tuple[LineOutcome, ...]:
    if isinstance(command, PlaceSafetyHold):
        holds.place_safety_hold(command, uow)
        return ()
    return ROUTES[type(command)](command, uow)


def _refused(message: Message, reasons: tuple[Reason, ...]) -> MessageOutcome:
    return MessageOutcome(
        reference=message.reference,
        document_reference=message.document_reference,
        accepted=False,
        lines=(LineOutcome(reference="", applied=False, reasons=reasons),),
        findings=message.findings,
    )


def _keep(  # noqa: PLR0917 - what came, and what became of it
    raw: bytes,
    adapter: Adapter,
    uow: UnitOfWork,
    received: Interchange,
    state: InboxState,
    findings: tuple[Reason, ...],
    *,
    reference: str = "",
    outcomes: tuple[MessageOutcome, ...] = (),
) -> Receipt:
    inbox_id = uow.new_id()
    answered = outcomes or tuple(_refused(message, findings) for message in received.messages)
    answer = adapter.acknowledge(
        received, answered, reference=inbox_id.replace("-", "")[-14:].upper(), at=uow.now
    )
    inbox.keep(
        uow.connection,
        inbox.Received(
            id=inbox_id,
            partner=uow.actor.party,
            adapter=adapter.name,
            reference=reference or received.reference,
            sha256_hex=hashlib.sha256(raw).hexdigest(),
            raw=raw,
            received_at=uow.now,
            state=state.value,
            findings=_as_json(findings, outcomes),
            answer=answer,
        ),
    )
    if state is not InboxState.APPLIED:
        what = f"{adapter.name} {received.reference} from {uow.actor.party}: {state.value}"
        raise_alarm(uow.connection, "message-not-applied", what, now=uow.now)
    return Receipt(
        inbox_id=inbox_id, state=state, outcomes=outcomes, findings=findings, answer=answer
    )


def _repeat(before: inbox.Received) -> Receipt:
    findings, outcomes = _from_json(before.findings)
    return Receipt(
        inbox_id=before.id,
        state=InboxState(before.state),
        outcomes=outcomes,
        findings=findings,
        answer=before.answer,
        repeated=True,
    )


def _as_json(findings: tuple[Reason, ...], outcomes: tuple[MessageOutcome, ...]) -> JsonValue:
    return {"findings": to_json(findings), "outcomes": to_json(outcomes)}


def _from_json(kept: Any) -> tuple[tuple[Reason, ...], tuple[MessageOutcome, ...]]:
    findings = from_json(tuple[Reason, ...], kept["findings"])
    outcomes = from_json(tuple[MessageOutcome, ...], kept["outcomes"])
    return findings, outcomes


@dataclass(frozen=True, kw_only=True)
class SetEndpoint:
    """Say where the acting party receives the messages of an adapter."""

    adapter: str
    url: str


def set_endpoint(command: SetEndpoint, uow: UnitOfWork) -> EndpointSet:
    """Set where the acting party receives messages.

    Raises:
        ForbiddenError: the party may not act.
    """
    party = acting_party(uow)
    happened = EndpointSet(party_id=party.id, adapter=command.adapter, url=command.url)
    uow.record(f"organisation:{party.id}", happened)
    return happened


def look_at_messages(uow: UnitOfWork, *, before: str, limit: int) -> list[inbox.Received]:
    """The acting party's own transmissions, newest first; an administrator sees everybody's."""
    party = acting_party(uow)
    partner = None if Role.ADMINISTRATOR in party.roles else party.id
    return inbox.listed(uow.connection, partner, before=before, limit=limit)


def look_at_alarms(uow: UnitOfWork) -> list[Alarm]:
    """Open alarms, for administrators.

    Raises:
        NotFoundError: the acting party is none.
    """
    if Role.ADMINISTRATOR not in acting_party(uow).roles:
        raise NotFoundError
    return list(open_alarms(uow.connection))
