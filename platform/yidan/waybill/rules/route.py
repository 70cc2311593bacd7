"""The way of a bill: legs in order, contiguous in place and time, and which is the main one.

Source: DOMAIN 2(c) SM-C1 (end place of leg n = start place of n+1, time order), 2.0 (identifiers).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from yidan.kernel.identifiers import imo, plate, un_location_code, voyage
from yidan.kernel.reasons import Reason, Role, reason
from yidan.waybill.rules import reading

WRONG_SEQUENCE = reason(
    "leg-sequence",
    en="The legs count from 1 in the order of travel: this should be {expected}, not {found}.",
    zh="运输段须按行程顺序从 1 起编号：此处应为 {expected}，而非 {found}。",
    owner=Role.FORWARDER,
)
NOT_CONTIGUOUS = reason(
    "legs-not-contiguous",
    en="Leg {leg} starts in {start}, but the leg before it ends in {end}; give the missing leg or"
    " mend the place.",
    zh="第 {leg} 段从 {start} 起运，而前一段止于 {end}；请补上缺少的运输段或更正地点。",
    owner=Role.FORWARDER,
)
ARRIVES_BEFORE_DEPARTING = reason(
    "leg-arrives-before-departing",
    en="The leg would arrive at {arrival}, not after its departure at {departure}.",
    zh="该段到达时间 {arrival} 不晚于其出发时间 {departure}。",
    owner=Role.FORWARDER,
)
DEPARTS_TOO_EARLY = reason(
    "leg-departs-before-arrival",
    en="The leg would depart at {departure}, before the goods arrive at {arrival}.",
    zh="该段出发时间 {departure} 早于货物到达时间 {arrival}。",
    owner=Role.FORWARDER,
)
VESSEL_MISSING = reason(
    "leg-vessel-missing",
    en="A sea leg names its vessel (IMO number) and voyage; the port matches the ship by them.",
    zh="海运段须注明船舶（IMO 号）和航次；港口据此匹配船舶。",
    owner=Role.FORWARDER,
)

_MAIN_BY_MODE: Final = ("SEA", "BARGE", "RAIL", "ROAD")
"""Which mode makes a leg the main one, the strongest first."""


def findings(body: Mapping[str, Any]) -> list[Reason]:
    """Everything wrong with the way, in the order of the legs."""
    legs = list(reading.objects(body, "legs"))
    found: list[Reason] = []
    for place, (at, leg) in enumerate(legs, start=1):
        found += _own(at, leg, place)
    for (_, before), (at, leg) in pairwise(legs):
        found += _joint(before, at, leg)
    return found


def main_leg(legs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The leg whose carrier answers for the bill: the first at sea, else barge, rail, road."""
    for mode in _MAIN_BY_MODE:
        for leg in legs:
            if leg.get("mode") == mode:
                return leg
    return None


def _own(at: str, leg: Mapping[str, Any], expected: int) -> list[Reason]:
    found: list[Reason] = []
    sequence = reading.integer(leg, "sequence")
    if sequence not in (None, expected):
        found.append(WRONG_SEQUENCE(at=f"{at}/sequence", expected=expected, found=sequence))
    for end in ("from", "to"):
        code = reading.text(reading.part(leg, end), "unLocationCode")
        if code is not None:
            found += un_location_code.findings(code, at=f"{at}/{end}/unLocationCode")
    departure, arrival = _times(leg)
    if departure and arrival and arrival <= departure:
        found.append(
            ARRIVES_BEFORE_DEPARTING(
                at=f"{at}/plannedArrivalAt",
                arrival=leg["plannedArrivalAt"],
                departure=leg["plannedDepartureAt"],
            )
        )
    return found + _means(at, leg)


def _means(at: str, leg: Mapping[str, Any]) -> list[Reason]:
    means = reading.part(leg, "transportMeans")
    vessel, journey = reading.text(means, "vesselImoNumber"), reading.text(means, "voyage")
    found: list[Reason] = []
    if leg.get("mode") == "SEA" and (vessel is None or journey is None):
        found.append(VESSEL_MISSING(at=f"{at}/transportMeans"))
    if vessel is not None:
        found += imo.findings(vessel, at=f"{at}/transportMeans/vesselImoNumber")
    if journey is not None:
        found += voyage.findings(journey, at=f"{at}/transportMeans/voyage")
    if (number := reading.text(means, "plate")) is not None:
        found += plate.findings(number, at=f"{at}/transportMeans/plate")
    return found


def _joint(before: Mapping[str, Any], at: str, leg: Mapping[str, Any]) -> list[Reason]:
    found: list[Reason] = []
    end = reading.text(reading.part(before, "to"), "unLocationCode")
    start = reading.text(reading.part(leg, "from"), "unLocationCode")
    if end and start and end != start:
        number = int(at.rsplit("/", 1)[1]) + 1
        found.append(
            NOT_CONTIGUOUS(at=f"{at}/from/unLocationCode", leg=number, start=start, end=end)
        )
    arrival, departure = _times(before)[1], _times(leg)[0]
    if arrival and departure and departure < arrival:
        found.append(
            DEPARTS_TOO_EARLY(
                at=f"{at}/plannedDepartureAt",
                departure=leg["plannedDepartureAt"],
                arrival=before["plannedArrivalAt"],
            )
        )
    return found


def _times(leg: Mapping[str, Any]) -> tuple[Any, Any]:
    return reading.instant(leg, "plannedDepartureAt"), reading.instant(leg, "plannedArrivalAt")
