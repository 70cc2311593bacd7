"""The read side of bills: what other rooms may ask of them, and the rows behind it.

Tables and queries only; projectors change them, actions read them.
"""

from yidan.waybill.tables import changes
from yidan.waybill.tables.bills import (
    Bill,
    BillSummary,
    bills_of_box,
    boxes_of_train,
    find_bill,
    find_bills,
    get_bill,
    of_carrier_side,
    page,
    taken_number,
)
from yidan.waybill.tables.boxes import BoxOnBill
from yidan.waybill.tables.legs import LegOnBill
from yidan.waybill.tables.timeline import relate, timeline

__all__ = [
    "Bill",
    "BillSummary",
    "BoxOnBill",
    "LegOnBill",
    "bills_of_box",
    "boxes_of_train",
    "changes",
    "find_bill",
    "find_bills",
    "get_bill",
    "of_carrier_side",
    "page",
    "relate",
    "taken_number",
    "timeline",
]
