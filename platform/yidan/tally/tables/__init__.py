"""The read side of tally: vessel visits, their listed and seen boxes, their bulk."""

from yidan.tally.tables import changes
from yidan.tally.tables.visits import (
    TallyItem,
    VesselVisit,
    bulk_bills,
    find,
    find_by_voyage,
    items,
    items_of_boxes,
    outturn_kg,
    page,
)

__all__ = [
    "TallyItem",
    "VesselVisit",
    "bulk_bills",
    "changes",
    "find",
    "find_by_voyage",
    "items",
    "items_of_boxes",
    "outturn_kg",
    "page",
]
