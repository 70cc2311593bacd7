"""Reading vessel visits, by parties to them only."""

from yidan.parties.involvement import require
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import tables
from yidan.tally.actions.sharing import VesselVisitView, subject, view
from yidan.tally.tables import VesselVisit


def look_at_vessel_visit(vessel_visit_id: str, uow: UnitOfWork) -> VesselVisitView:
    """A vessel visit with its lines, for a party to it.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, subject(vessel_visit_id))
    return view(uow, vessel_visit_id, ())


def list_vessel_visits(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[VesselVisit]:
    """The acting party's vessel visits, the newest first, behind the one named by `before`."""
    return tables.page(uow.connection, uow.actor.party, before=before, limit=limit)
