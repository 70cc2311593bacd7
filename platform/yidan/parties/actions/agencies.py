"""A carrier appoints agents and ends appointments; who acts as agent asks here first (船代委托).

The forwarder names the agent on a bill, so that the name alone proves nothing. Appointing, ending
and every act for the carrier lock the same pair: once an end is answered, no act of that agent can
still be committed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import un_location_code
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties import events, rules, tables
from yidan.parties.actions.organisations import acting_party, refuse
from yidan.parties.involvement import require
from yidan.parties.rules import Agency, OrganisationState
from yidan.parties.tables import Organisation, agencies
from yidan.store.unit_of_work import UnitOfWork

NOT_A_CARRIER = reason(
    "agency-carrier-needed",
    en="A carrier appoints its agents; your organisation is registered in none of: {roles}.",
    zh="船代由承运人委托；贵单位未登记为以下任一角色：{roles}。",
    owner=Role.CARRIER,
)
AGENT_NOT_KNOWN = reason(
    "agency-agent-not-known",
    en="{party} is no verified shipping agent of the platform; ask it to register.",
    zh="{party} 不是平台已核验的船代；请其先登记。",
    owner=Role.SHIPPING_AGENT,
)


@dataclass(frozen=True, kw_only=True)
class AppointAgent:
    """Let an agent act for the acting carrier."""

    agent: str
    """Party id or `scheme:value`."""
    un_location_codes: tuple[str, ...] = ()
    """Ports; none: every port."""
    valid_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AgencyChanged:
    """What became of an appointment."""

    event_id: str
    agency: Agency


def appoint_agent(command: AppointAgent, uow: UnitOfWork) -> AgencyChanged:
    """Appoint a shipping agent, from now on (委托).

    Raises:
        ForbiddenError: the acting party is no carrier, or not verified.
        InvalidError: the agent is none or not verified, or a port is malformed; all findings.
        RefusedError: an appointment like this is in force, or the end is past.
    """
    carrier = acting_party(uow)
    if not carrier.roles & rules.APPOINTING:
        raise ForbiddenError(NOT_A_CARRIER(roles=", ".join(sorted(rules.APPOINTING))))
    agent = _agent(uow, command.agent)
    findings = _port_findings(command.un_location_codes)
    if agent is None:
        findings.append(AGENT_NOT_KNOWN(at="/agent", party=command.agent))
    if findings or agent is None:
        raise InvalidError(*findings)
    uow.lock(_pair(carrier.id, agent.id))
    ports = tuple(sorted(set(command.un_location_codes)))
    before = agencies.between(uow.connection, carrier.id, agent.id)
    if refused := rules.appointing_findings(
        before, ports=ports, valid_until=command.valid_until, now=uow.now
    ):
        raise RefusedError(*refused)
    agency_id = uow.new_id()
    happened = events.AgentAppointed(
        agency_id=agency_id,
        carrier_id=carrier.id,
        agent_id=agent.id,
        un_location_codes=ports,
        valid_until=command.valid_until,
    )
    recorded = uow.record(f"agency:{agency_id}", happened)
    return AgencyChanged(event_id=recorded.event_id, agency=_existing(uow, agency_id))


def end_agency(agency_id: str, why: str, uow: UnitOfWork) -> AgencyChanged:
    """End an appointment at once; what the agent did before stands until the carrier undoes it.

    Raises:
        NotFoundError: no such appointment by the acting carrier.
        RefusedError: it was ended before.
    """
    acting_party(uow)
    require(uow, f"agency:{agency_id}", Role.CARRIER)
    found = _existing(uow, agency_id)
    uow.lock(f"agency:{agency_id}", _pair(found.carrier_id, found.agent_id))
    found = _existing(uow, agency_id)
    if found.ended_at is not None:
        raise RefusedError(rules.APPOINTMENT_ENDED(since=found.ended_at))
    happened = events.AgencyEnded(agency_id=agency_id)
    recorded = uow.record(f"agency:{agency_id}", happened, reason=why)
    return AgencyChanged(event_id=recorded.event_id, agency=_existing(uow, agency_id))


def see_agency(agency_id: str, uow: UnitOfWork) -> Agency:
    """An appointment, as its carrier or its agent.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"agency:{agency_id}")
    return _existing(uow, agency_id)


def list_agencies(uow: UnitOfWork, *, after: str | None, limit: int) -> list[Agency]:
    """The appointments by or of the acting party, the newest first."""
    return agencies.page(uow.connection, uow.actor.party, after=after, limit=limit)


def act_as_agent(uow: UnitOfWork, carrier_id: str, ports: Collection[str]) -> None:
    """Make sure that the acting party is an agent of this carrier at one of these ports, now.

    Appointment and carrier are locked, so that neither ends before this transaction does.

    Raises:
        ForbiddenError: it is not; with every reason.
    """
    refuse(agent_findings(uow, uow.actor.party, carrier_id, ports))


def agent_findings(
    uow: UnitOfWork, agent_id: str, carrier_id: str, ports: Collection[str]
) -> list[Reason]:
    """Why an agent may not act for this carrier at one of these ports now; both are locked."""
    uow.lock(_pair(carrier_id, agent_id), f"organisation:{carrier_id}")
    carrier = tables.organisation(uow.connection, carrier_id)
    return rules.acting_findings(
        agencies.between(uow.connection, carrier_id, agent_id),
        ports=ports,
        now=uow.now,
        carrier_verified=carrier is not None and carrier.state is OrganisationState.VERIFIED,
    )


def _pair(carrier_id: str, agent_id: str) -> str:
    return f"agencies:{carrier_id}:{agent_id}"


def _agent(uow: UnitOfWork, text: str) -> Organisation | None:
    found = tables.find_party(uow.connection, text)
    if found is None or found.state is not OrganisationState.VERIFIED:
        return None
    return found if Role.SHIPPING_AGENT in found.roles and found.id != uow.actor.party else None


def _port_findings(codes: tuple[str, ...]) -> list[Reason]:
    found: list[Reason] = []
    for index, code in enumerate(codes):
        found += un_location_code.findings(code, at=f"/unLocationCodes/{index}")
    return found


def _existing(uow: UnitOfWork, agency_id: str) -> Agency:
    found = agencies.find(uow.connection, agency_id)
    if found is None:
        raise NotFoundError
    return found
