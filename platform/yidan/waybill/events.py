"""What happens to a multimodal waybill (多式联运运单), its legs and its boxes.

Sources: DOMAIN 2(c) SM-C1 and SM-C2 and its one-container check (一箱制). All events of a bill,
its legs and boxes stand under one subject, `waybill:<id>`, so that their order is one order. A
train's list stands under `train:…` as it came. Settlement (一次结算) is not here yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from yidan.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class NamedParty:
    """A party as the bill names it, and the registered organisation it was found to be."""

    role: str
    """Role on the bill, e.g. `CONSIGNEE`."""
    name: str
    identifiers: tuple[str, ...]
    """`scheme:value`, e.g. `uscc:91310000132207927C`."""
    party_id: str
    """Registered organisation, or "" while nobody has registered under these identifiers."""


@dataclass(frozen=True, kw_only=True)
class LegCarrier:
    """Who carries a leg."""

    sequence: int
    identifier: str
    """As the bill gives it, without scheme."""
    party_id: str
    """Registered organisation, or ""."""


@dataclass(frozen=True, kw_only=True)
class BoxSeen:
    """A box and the seals somebody saw on it."""

    equipment_reference: str
    seal_numbers: tuple[str, ...]


@event("waybill.submitted.v1")
@dataclass(frozen=True, kw_only=True)
class WaybillSubmitted(Event):
    """The forwarder submitted the bill, or submitted it again after a return (提交)."""

    waybill_id: str
    transport_document_reference: str
    carrier_id: str
    """Carrier of the main leg: the one that accepts or returns."""
    agent_id: str
    """Its ship's agent (船代), or ""."""
    main_leg: int
    """Sequence of the main leg."""
    parties: tuple[NamedParty, ...]
    leg_carriers: tuple[LegCarrier, ...]
    body: Mapping[str, Any]
    """The bill itself, valid by the schema of the kind `multimodal_waybill`."""


@event("waybill.accepted.v1")
@dataclass(frozen=True, kw_only=True)
class WaybillAccepted(Event):
    """The carrier of the main leg, or its agent, took the bill on (接受)."""

    waybill_id: str
    transport_document_reference: str
    document_id: str
    """The multimodal waybill issued with it."""


@event("waybill.returned.v1")
@dataclass(frozen=True, kw_only=True)
class WaybillReturned(Event):
    """The carrier or its agent sent the bill back (退回); why stands in the envelope's reason."""

    waybill_id: str
    transport_document_reference: str


@event("waybill.booked.v1")
@dataclass(frozen=True, kw_only=True)
class WaybillBooked(Event):
    """Every leg is confirmed (全程订妥)."""

    waybill_id: str


@event("waybill.execution_started.v1")
@dataclass(frozen=True, kw_only=True)
class ExecutionStarted(Event):
    """The goods began to move under the bill (开始执行)."""

    waybill_id: str


@event("waybill.delivered.v1")
@dataclass(frozen=True, kw_only=True)
class WaybillDelivered(Event):
    """The last leg was handed over (交付)."""

    waybill_id: str


@dataclass(frozen=True, kw_only=True)
class LegEvent(Event):
    """What every report on a leg (运输段) says."""

    waybill_id: str
    sequence: int
    """The leg, counted from 1."""
    boxes: tuple[BoxSeen, ...] = ()
    """Boxes the report speaks of; empty for all of the bill, unseen."""
    un_location_code: str = ""
    transport_reference: str = ""
    """Train number, voyage or plate as reported."""


@event("waybill.leg_requested.v1")
@dataclass(frozen=True, kw_only=True)
class LegRequested(LegEvent):
    """The leg was asked of its carrier (委托)."""


@event("waybill.leg_confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class LegConfirmed(LegEvent):
    """The leg's carrier confirmed it (确认)."""


@event("waybill.leg_loaded.v1")
@dataclass(frozen=True, kw_only=True)
class LegLoaded(LegEvent):
    """Loaded (装载)."""


@event("waybill.leg_departed.v1")
@dataclass(frozen=True, kw_only=True)
class LegDeparted(LegEvent):
    """Departed (发出)."""


@event("waybill.leg_arrived.v1")
@dataclass(frozen=True, kw_only=True)
class LegArrived(LegEvent):
    """Arrived (到达)."""


@event("waybill.leg_unloaded.v1")
@dataclass(frozen=True, kw_only=True)
class LegUnloaded(LegEvent):
    """Unloaded: the giver's half of the hand-over (卸载)."""


@event("waybill.leg_handed_over.v1")
@dataclass(frozen=True, kw_only=True)
class LegHandedOver(LegEvent):
    """Taken over by the next in the chain, same boxes, same seals: the taker's half (交接)."""


@event("waybill.leg_failed.v1")
@dataclass(frozen=True, kw_only=True)
class LegFailed(LegEvent):
    """The leg will not be carried as planned (失败); why stands in the envelope's reason."""


@event("waybill.leg_replanned.v1")
@dataclass(frozen=True, kw_only=True)
class LegReplanned(LegEvent):
    """The forwarder plans the failed leg anew (改派)."""


@event("waybill.seal_differed.v1")
@dataclass(frozen=True, kw_only=True)
class SealDiffered(Event):
    """A box was seen with other seals than it should have (铅封不符); kept and shown."""

    waybill_id: str
    sequence: int
    """The leg on which it was seen."""
    equipment_reference: str
    expected_seal_numbers: tuple[str, ...]
    found_seal_numbers: tuple[str, ...]


class ResealReason(StrEnum):
    """Why a seal may change (DOMAIN 2(c), one-container check)."""

    CUSTOMS_INSPECTION = "CUSTOMS_INSPECTION"
    """海关查验"""
    RESEAL = "RESEAL"
    """重新施封"""


@event("waybill.box_resealed.v1")
@dataclass(frozen=True, kw_only=True)
class BoxResealed(Event):
    """New seals were put on a box, by whom the envelope says, for one of two reasons (换封)."""

    waybill_id: str
    equipment_reference: str
    reseal_reason: ResealReason
    seal_numbers: tuple[str, ...]
    """The seals on the box from now on."""


@event("waybill.train_arrived.v1")
@dataclass(frozen=True, kw_only=True)
class TrainArrived(Event):
    """A train's arrival list as the rail operator gave it (到达车列清单), unknown boxes too."""

    train_number: str
    un_location_code: str
    boxes: tuple[BoxSeen, ...]
    unknown: tuple[str, ...]
    """Boxes on the list that no bill expects on this train."""


_ID: Final = "01935300-0000-7000-8000-000000000011"
_BILL: Final = "EOCLYG26110042"
_SEEN: Final = (BoxSeen(equipment_reference="CSQU3054383", seal_numbers=("EO7781203",)),)

SAMPLES: Final = (
    WaybillSubmitted(
        waybill_id=_ID,
        transport_document_reference=_BILL,
        carrier_id="01935300-0000-7000-8000-00000000000a",
        agent_id="01935300-0000-7000-8000-00000000000b",
        main_leg=1,
        parties=(
            NamedParty(
                role="CARRIER",
                name="东海远洋集装箱运输有限公司",
                identifiers=("smdg:EOC",),
                party_id="01935300-0000-7000-8000-00000000000a",
            ),
        ),
        leg_carriers=(
            LegCarrier(
                sequence=1, identifier="EOC", party_id="01935300-0000-7000-8000-00000000000a"
            ),
        ),
        body=MappingProxyType({"transportDocumentReference": _BILL}),
    ),
    WaybillAccepted(
        waybill_id=_ID,
        transport_document_reference=_BILL,
        document_id="01935300-0000-7000-8000-000000000001",
    ),
    WaybillReturned(waybill_id=_ID, transport_document_reference=_BILL),
    WaybillBooked(waybill_id=_ID),
    ExecutionStarted(waybill_id=_ID),
    WaybillDelivered(waybill_id=_ID),
    LegRequested(waybill_id=_ID, sequence=1),
    LegConfirmed(waybill_id=_ID, sequence=1),
    LegLoaded(waybill_id=_ID, sequence=1, boxes=_SEEN, un_location_code="CNSIA"),
    LegDeparted(waybill_id=_ID, sequence=1, boxes=_SEEN, un_location_code="CNSIA"),
    LegArrived(
        waybill_id=_ID,
        sequence=1,
        boxes=_SEEN,
        un_location_code="CNLYG",
        transport_reference="X8015",
    ),
    LegUnloaded(waybill_id=_ID, sequence=1, boxes=_SEEN, un_location_code="CNLYG"),
    LegHandedOver(waybill_id=_ID, sequence=1, boxes=_SEEN, un_location_code="CNLYG"),
    LegFailed(waybill_id=_ID, sequence=1),
    LegReplanned(waybill_id=_ID, sequence=1),
    SealDiffered(
        waybill_id=_ID,
        sequence=1,
        equipment_reference="CSQU3054383",
        expected_seal_numbers=("EO7781203",),
        found_seal_numbers=("EO9999999",),
    ),
    BoxResealed(
        waybill_id=_ID,
        equipment_reference="CSQU3054383",
        reseal_reason=ResealReason.CUSTOMS_INSPECTION,
        seal_numbers=("CC0045511",),
    ),
    TrainArrived(
        train_number="X8015",
        un_location_code="CNLYG",
        boxes=_SEEN,
        unknown=("MSCU6639870",),
    ),
)
