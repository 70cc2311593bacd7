"""A clerk looks at a referred transaction (S6 of DOMAIN 2(d)).

The clerk may read again what the lane could not, and let weight, seal and damage pass with a
reason. Rights, lights, holds and balances are judged as before: no clerk passes them.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from yidan.gate import tables
from yidan.gate.actions import captures
from yidan.gate.actions.captures import Answered, Case, Site
from yidan.gate.events import Capture, Field, Rejected, Replacement, Verdict
from yidan.gate.rules import judging
from yidan.gate.rules.states import TRANSACTION
from yidan.gate.tables import Transaction
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import container, plate, seal_number
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.events import ClientKind
from yidan.parties.involvement import require
from yidan.parties.tables import client
from yidan.release.actions.access import acting
from yidan.store.unit_of_work import UnitOfWork

BY_CLERK: Final = 1000
"""Confidence of what a clerk read, per mille."""

WHY_NEEDED = reason(
    "gate-resolution-without-reason",
    en="Say why: a clerk's decision is recorded with its reason.",
    zh="请填写原因：人工决定须记录原因。",
)
OWN_DEVICE = reason(
    "gate-resolution-by-device",
    en="A person of the terminal resolves this, not a device.",
    zh="须由码头人员处理，设备无权处理。",
    owner=Role.TERMINAL,
)


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What the clerk read; None: as the lane read it."""

    plate: str | None = None
    driver_id: str | None = None
    equipment_reference: str | None = None
    seal_numbers: tuple[str, ...] | None = None
    gross_mass_kg: int | None = None
    damage_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ResolveTransaction:
    """A clerk's decision on a referred transaction."""

    transaction_id: str
    approve: bool
    why: str
    readings: Readings = Readings()


def resolve_transaction(command: ResolveTransaction, site: Site, uow: UnitOfWork) -> Answered:
    """Approve or deny a referred transaction, with readings replaced and the reason why.

    Raises:
        ForbiddenError: the acting party is no verified terminal, or a device.
        NotFoundError: no such transaction of the terminal.
        InvalidError: a reading is malformed, or no reason is given.
        InvalidTransitionError: the transaction is not referred.
        RefusedError: something is still not read, or stands against it; every reason.
    """
    acting(uow, Role.TERMINAL)
    require(uow, f"gate:{command.transaction_id}", Role.TERMINAL)
    if findings := _findings(command):
        raise InvalidError(*findings)
    uow.lock(f"gate:{command.transaction_id}")
    found = tables.find(uow.connection, command.transaction_id)
    if found is None:
        raise NotFoundError
    if found.device == uow.actor.user or _is_device(uow):
        raise ForbiddenError(OWN_DEVICE())
    TRANSACTION.advance(found.state, Rejected)
    before = _verdict(found, uow)
    capture, replaced = _replaced(before.capture, command.readings)
    case = replace(_case(found, capture, site, uow), replaced=(*before.replaced, *replaced))
    if not command.approve:
        return captures.reject(case, uow, why=command.why)
    return _approved(case, site, uow, command.why)


def _is_device(uow: UnitOfWork) -> bool:
    """Whether a kiosk acts: one kiosk never clears what another one referred (A11)."""
    found = client(uow.connection, uow.actor.user)
    return found is not None and found.kind is ClientKind.DEVICE


def _approved(case: Case, site: Site, uow: UnitOfWork, why: str) -> Answered:
    """What is soft and not a reading passes by the clerk's word; the rest must be gone."""
    soft = captures.judged(case, uow).soft
    passed = tuple(sorted({r.code for r in soft} - judging.READ_ANEW))
    case = replace(case, accepted=passed)
    if left := captures.judged(case, uow).soft:
        raise RefusedError(*left)
    return captures.decide(case, site, uow, why=why)


def _case(found: Transaction, capture: Capture, site: Site, uow: UnitOfWork) -> Case:
    right_id, truck = captures.match(capture, found.terminal, uow)
    return Case(
        transaction_id=found.id,
        device=found.device,
        device_transaction_id=found.device_transaction_id,
        terminal=found.terminal,
        capture=capture,
        truck_visit_id=truck.id if truck else "",
        position=captures.stand(right_id, capture, truck, site, uow),
    )


def _verdict(found: Transaction, uow: UnitOfWork) -> Verdict:
    for recorded in reversed(uow.history(f"gate:{found.id}")):
        if isinstance(recorded.event, Verdict):
            return recorded.event
    raise NotFoundError


def _replaced(capture: Capture, read: Readings) -> tuple[Capture, tuple[Replacement, ...]]:
    values = {
        Field.PLATE: ("plate", read.plate),
        Field.DRIVER: ("driver_id", read.driver_id),
        Field.BOX: ("equipment_reference", read.equipment_reference),
        Field.SEALS: ("seal_numbers", read.seal_numbers),
        Field.WEIGHT: ("gross_mass_kg", read.gross_mass_kg),
        Field.DAMAGE: ("damage_codes", read.damage_codes),
    }
    given = {field: (name, new) for field, (name, new) in values.items() if new is not None}
    replaced = tuple(
        Replacement(field=field, old=_text(getattr(capture, name)), new=_text(new))
        for field, (name, new) in given.items()
    )
    sure = {field.value: BY_CLERK for field in given}
    changes: dict[str, Any] = dict(given.values())
    confidences = {**capture.confidences, **sure}
    return replace(capture, confidences=confidences, **changes), replaced


def _text(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value if value is not None else "")


def _findings(command: ResolveTransaction) -> list[Reason]:
    read = command.readings
    found = [] if command.why.strip() else [WHY_NEEDED(at="/why")]
    if read.plate is not None:
        found += plate.findings(read.plate, at="/readings/plate")
    if read.equipment_reference is not None:
        at = "/readings/equipmentReference"
        found += container.findings(read.equipment_reference, at=at)
    for index, seal in enumerate(read.seal_numbers or ()):
        found += seal_number.findings(seal, at=f"/readings/sealNumbers/{index}")
    return found + captures.damage_findings(read.damage_codes or (), "/readings")
