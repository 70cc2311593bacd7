"""What can be done with a bill: submit, accept, return, report legs and trains, reseal, read."""

from yidan.waybill.actions.acceptance import (
    AcceptWaybill,
    ReturnWaybill,
    accept_waybill,
    return_waybill,
)
from yidan.waybill.actions.answers import WaybillChanged
from yidan.waybill.actions.looking import list_waybills, look_at_waybill, timeline_of
from yidan.waybill.actions.reports import LegStep, ReportLeg, ResealBox, report_leg, reseal_box
from yidan.waybill.actions.submission import SubmitWaybill, submit_waybill
from yidan.waybill.actions.trains import TrainArrivalOutcome, report_train_arrival

__all__ = [
    "AcceptWaybill",
    "LegStep",
    "ReportLeg",
    "ResealBox",
    "ReturnWaybill",
    "SubmitWaybill",
    "TrainArrivalOutcome",
    "WaybillChanged",
    "accept_waybill",
    "list_waybills",
    "look_at_waybill",
    "report_leg",
    "report_train_arrival",
    "reseal_box",
    "return_waybill",
    "submit_waybill",
    "timeline_of",
]
