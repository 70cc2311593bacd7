"""The forwarder submits a bill (提交): all that is wrong is said at once, or it is recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from yidan.documents import kinds, schemas
from yidan.kernel.errors import InvalidError, RefusedError
from yidan.kernel.identifiers import party as party_identifiers
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.actions import acting_party
from yidan.parties.tables import Organisation, find_by_identifier
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import tables
from yidan.waybill.actions.answers import WaybillChanged, existing, guardian, subject
from yidan.waybill.events import LegCarrier, NamedParty, WaybillSubmitted
from yidan.waybill.rules import bill as bill_rules
from yidan.waybill.rules import parties as party_rules
from yidan.waybill.rules import reading
from yidan.waybill.rules.route import main_leg
from yidan.waybill.rules.states import WaybillState

KIND: Final = "multimodal_waybill"

NOT_THE_FORWARDER = reason(
    "not-the-forwarder",
    en="The bill names another forwarder; a bill is submitted by the forwarder named in it.",
    zh="运单列的货代不是贵单位；运单须由其所列货代提交。",
    owner=Role.FORWARDER,
)
NOT_REGISTERED = reason(
    "party-not-registered",
    en="{name} ({role}) is not registered here; ask it to register, or mend its identifier.",
    zh="{name}（{role}）未在本平台登记；请其登记，或更正识别号。",
    owner=Role.FORWARDER,
)
NOT_IN_THIS_ROLE = reason(
    "party-not-in-this-role",
    en="{name} is registered, but not as {role}.",
    zh="{name} 已登记，但未登记为 {role}。",
    owner=Role.ADMINISTRATOR,
)
NUMBER_TAKEN = reason(
    "bill-number-taken",
    en="This carrier has a bill {number} already; use the number that the carrier gave you.",
    zh="该承运人已有编号为 {number} 的运单；请使用承运人给出的编号。",
    owner=Role.FORWARDER,
)

_MUST_BE_REGISTERED: Final[Mapping[str, frozenset[Role]]] = {
    "FORWARDER": frozenset({Role.FORWARDER}),
    "CARRIER": frozenset({Role.CARRIER, Role.RAIL_OPERATOR, Role.HAULIER}),
    "SHIPPING_AGENT": frozenset({Role.SHIPPING_AGENT}),
}
"""Who acts on the bill here, and in which role (any of these) they must be registered for it."""


@dataclass(frozen=True, kw_only=True)
class SubmitWaybill:
    """Submit a bill, or submit it again after it was returned."""

    body: Mapping[str, Any]
    """JSON of the kind `multimodal_waybill`, as sent."""


def submit_waybill(command: SubmitWaybill, uow: UnitOfWork) -> WaybillChanged:
    """Check a bill against its schema and the business rules and record it.

    Raises:
        ForbiddenError: the acting party is not verified.
        InvalidError: something is wrong with the bill; carries all findings.
        RefusedError: the carrier has another bill of this number.
    """
    acting = acting_party(uow)
    body = command.body
    by_schema = schemas.findings(kinds.find(KIND), body)
    found = bill_rules.findings(body, by_schema)
    found += _registration_findings(uow, body, acting)
    if found:
        raise InvalidError(*found)
    number = body["transportDocumentReference"]
    uow.lock(guardian(number), *_identifiers_to_watch(uow, body))
    happened = _submission(uow, body)
    waybill_id = _id_for(uow, happened, acting.id)
    uow.lock(subject(waybill_id))
    recorded = uow.record(subject(waybill_id), _with_id(happened, waybill_id))
    return WaybillChanged(event_ids=(recorded.event_id,), bill=existing(uow, waybill_id))


def _registration_findings(
    uow: UnitOfWork, body: Mapping[str, Any], acting: Organisation
) -> list[Reason]:
    found: list[Reason] = []
    for at, one in reading.objects(body, "parties"):
        role = reading.text(one, "role") or ""
        identifiers = party_rules.identifiers(one)
        if role not in _MUST_BE_REGISTERED or not identifiers:
            continue
        organisation = _organisation(uow, identifiers)
        name = str(one.get("name", ""))[:70]
        if organisation is None:
            found.append(NOT_REGISTERED(at=at, name=name, role=role))
        elif role == "FORWARDER" and organisation.id != acting.id:
            found.append(NOT_THE_FORWARDER(at=at))
        elif not organisation.roles & _MUST_BE_REGISTERED[role]:
            found.append(NOT_IN_THIS_ROLE(at=at, name=name, role=role))
    return found


def _organisation(uow: UnitOfWork, identifiers: tuple[str, ...]) -> Organisation | None:
    for identifier in identifiers:
        scheme, _, value = identifier.partition(":")
        if found := find_by_identifier(uow.connection, scheme, value):
            return found
    return None


def _identifiers_to_watch(uow: UnitOfWork, body: Mapping[str, Any]) -> Iterator[str]:
    """Subjects under which somebody registers whom the bill names and nobody knows yet.

    Locked, so that whoever registers at this moment is either found now or finds the bill then.
    """
    for one in body["parties"]:
        identifiers = party_rules.identifiers(one)
        if _organisation(uow, identifiers) is None:
            yield from (f"identifier:{identifier}" for identifier in identifiers)


def _submission(uow: UnitOfWork, body: Mapping[str, Any]) -> WaybillSubmitted:
    named = tuple(_named(uow, one) for one in body["parties"])
    carriers = tuple(_leg_carrier(uow, body, named, leg) for leg in body["legs"])
    main = main_leg(body["legs"])
    sequence = main["sequence"] if main is not None else 1
    agent = next((one.party_id for one in named if one.role == "SHIPPING_AGENT"), "")
    return WaybillSubmitted(
        waybill_id="",
        transport_document_reference=body["transportDocumentReference"],
        carrier_id=next(one.party_id for one in carriers if one.sequence == sequence),
        agent_id=agent,
        main_leg=sequence,
        parties=named,
        leg_carriers=carriers,
        body=dict(body),
    )


def _named(uow: UnitOfWork, one: Mapping[str, Any]) -> NamedParty:
    organisation = _organisation(uow, party_rules.identifiers(one))
    return NamedParty(
        role=one["role"],
        name=one["name"],
        identifiers=party_rules.identifiers(one),
        party_id=organisation.id if organisation is not None else "",
    )


def _leg_carrier(
    uow: UnitOfWork,
    body: Mapping[str, Any],
    named: tuple[NamedParty, ...],
    leg: Mapping[str, Any],
) -> LegCarrier:
    """Who carries a leg: a party of the bill with this identifier, else any registered one."""
    value = leg["carrierIdentifier"]
    for one, party in zip(body["parties"], named, strict=True):
        if party.party_id and party_rules.goes_by(one, value):
            return LegCarrier(sequence=leg["sequence"], identifier=value, party_id=party.party_id)
    fitting = tuple(
        f"{scheme}:{value}"
        for scheme in party_identifiers.SCHEMES
        if not party_identifiers.findings(f"{scheme}:{value}")
    )
    found = _organisation(uow, fitting)
    return LegCarrier(
        sequence=leg["sequence"], identifier=value, party_id=found.id if found else ""
    )


def _id_for(uow: UnitOfWork, happened: WaybillSubmitted, forwarder_id: str) -> str:
    """The id of a new bill, or of the returned one that is submitted again.

    Raises:
        RefusedError: the carrier has another bill of this number.
    """
    number = happened.transport_document_reference
    taken = tables.taken_number(uow.connection, happened.carrier_id, number)
    if taken is None:
        return uow.new_id()
    if taken.state is WaybillState.RETURNED and taken.forwarder_id == forwarder_id:
        return taken.id
    raise RefusedError(NUMBER_TAKEN(at="/transportDocumentReference", number=number))


def _with_id(happened: WaybillSubmitted, waybill_id: str) -> WaybillSubmitted:
    return replace(happened, waybill_id=waybill_id)
