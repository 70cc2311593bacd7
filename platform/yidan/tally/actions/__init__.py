"""What a terminal does at a discharge: give the list, report what came, complete the report."""

from yidan.tally.actions.discharges import (
    DischargeLine,
    DischargesTaken,
    Outcome,
    ReportDischarges,
    SeenBulk,
    report_discharges,
)
from yidan.tally.actions.looking import list_vessel_visits, look_at_vessel_visit
from yidan.tally.actions.manifests import ListManifest, list_manifest
from yidan.tally.actions.reports import CompleteReport, ReportTaken, complete_report
from yidan.tally.actions.sharing import VesselVisitView

__all__ = [
    "CompleteReport",
    "DischargeLine",
    "DischargesTaken",
    "ListManifest",
    "Outcome",
    "ReportDischarges",
    "ReportTaken",
    "SeenBulk",
    "VesselVisitView",
    "complete_report",
    "list_manifest",
    "list_vessel_visits",
    "look_at_vessel_visit",
    "report_discharges",
]
