"""What the actions of tally share: the vessel visit, locked or looked at, and its view."""

from dataclasses import dataclass

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Role
from yidan.parties.involvement import require
from yidan.release.actions.access import acting
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import tables
from yidan.tally.tables import TallyItem, VesselVisit


@dataclass(frozen=True, kw_only=True)
class VesselVisitView:
    """A vessel visit with its lines."""

    event_ids: tuple[str, ...]
    """Recorded by this call; empty when only looked at."""
    visit: VesselVisit
    items: tuple[TallyItem, ...]


def own(uow: UnitOfWork, vessel_visit_id: str) -> VesselVisit:
    """The locked vessel visit of the acting terminal.

    Raises:
        ForbiddenError: the acting party is no verified terminal.
        NotFoundError: not there, or not yours.
    """
    acting(uow, Role.TERMINAL)
    require(uow, subject(vessel_visit_id), Role.TERMINAL)
    uow.lock(subject(vessel_visit_id))
    return existing(uow, vessel_visit_id)


def existing(uow: UnitOfWork, vessel_visit_id: str) -> VesselVisit:
    """The vessel visit as it stands now.

    Raises:
        NotFoundError: there is no such vessel visit.
    """
    found = tables.find(uow.connection, vessel_visit_id)
    if found is None:
        raise NotFoundError
    return found


def view(uow: UnitOfWork, vessel_visit_id: str, event_ids: tuple[str, ...]) -> VesselVisitView:
    """A vessel visit with its lines, and what this call recorded."""
    return VesselVisitView(
        event_ids=event_ids,
        visit=existing(uow, vessel_visit_id),
        items=tuple(tables.items(uow.connection, vessel_visit_id)),
    )


def subject(vessel_visit_id: str) -> str:
    """Under which all events of a vessel visit stand (a box's own visit is `visit:…`)."""
    return f"vessel-visit:{vessel_visit_id}"
