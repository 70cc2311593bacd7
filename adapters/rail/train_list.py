"""Railways: the list of a train's wagons and boxes on arrival (到达车列清单), JSON, by file.

Counterpart: a railway station's or container operator's list. No public interface of the national
railway's freight system was found (STANDARDS 9.2); names follow UN/CEFACT's RailWagonList (D23B)
with the train, the wagon and the arrival added: our own profile 1, docs/reference/rail-profile.md.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from adapters.messages import Spoken
from yidan.kernel import strict_json
from yidan.kernel.content import JsonValue
from yidan.kernel.errors import InvalidError
from yidan.kernel.identifiers import container, seal_number, un_location_code
from yidan.kernel.identifiers.plain import form_findings, shown
from yidan.kernel.reasons import Reason, reason
from yidan.ports import (
    Interchange,
    Message,
    MessageOutcome,
    Notice,
    ReportTrainArrival,
    WagonLoad,
)

MISSING = reason(
    "train-list-lacks",
    en="{name} is missing or of another type; give it as the profile says.",
    zh="缺少 {name} 或其类型不符；请按规范填写。",
)
BAD_INSTANT = reason(
    "train-list-bad-instant",
    en="{value} is not an instant with offset such as 2026-11-22T06:10:00+08:00.",
    zh="{value} 不是带时区的时间；请写作 2026-11-22T06:10:00+08:00 的形式。",
)
WRONG_NUMBER = reason(
    "train-list-number-form",
    en="{value} is not a train or wagon number; write 1 to 12 capitals and digits.",
    zh="{value} 不是车次或车号；请写 1 至 12 位大写字母和数字。",
)
BOX_TWICE = reason(
    "train-list-box-twice",
    en="The box {value} stands on two places of the train; send the list again.",
    zh="箱号 {value} 在列车上出现两次；请更正后重新发送。",
)
TOO_MANY_WAGONS = reason(
    "train-list-too-many-wagons",
    en="There are more than {limit} wagons; send one list for each train.",
    zh="车辆数超过 {limit}；请每列车发送一份清单。",
)
UNKNOWN_MEMBER = reason(
    "train-list-unknown-member",
    en="{name} is not part of the profile; it was kept and not used.",
    zh="{name} 不属于本规范；已保留但未使用。",
)

_INSTANT: Final = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][01][0-9]:[0-5][0-9])"
)
_NUMBER: Final = re.compile(r"[0-9A-Z]{1,12}")
_MAX_WAGONS: Final = 500
_MAX_FINDINGS: Final = 100
_MAX_ID: Final = 64
_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"exchangedDocument", "specifiedConsignment"}),
    "/exchangedDocument": frozenset(
        {"id", "issueDateTime", "senderTradeParty", "recipientTradeParty"}
    ),
}


@dataclass(frozen=True)
class TrainList:
    """Reads train arrival lists (a `ports.Adapter`); the railway is told nothing back."""

    name: str = "rail.train_list"
    content_type: str = "application/json"
    authority: bool = False

    def parse(self, raw: bytes) -> Interchange:
        """Understand one list; never raises."""
        digest = hashlib.sha256(raw).hexdigest()
        try:
            value = strict_json.loads(raw)
        except InvalidError as refused:
            return Interchange(
                sender="", recipient="", reference=digest, messages=(), findings=refused.reasons
            )
        reader = _Reader(value)
        if not isinstance(value, dict):
            reader.missing("", "exchangedDocument")
            return Interchange(
                sender="",
                recipient="",
                reference=digest,
                messages=(),
                findings=tuple(reader.findings),
            )
        return _interchange(reader, digest)

    def acknowledge(
        self,
        received: Interchange,
        outcomes: Sequence[MessageOutcome],
        *,
        reference: str,
        at: datetime,
    ) -> bytes | None:
        """None: a dropped file is not answered."""
        del received, outcomes, reference, at
        return None

    def build(
        self, notice: Notice, *, recipient: str, reference: str, at: datetime
    ) -> bytes | None:
        """None: the railway is told of nothing."""
        del notice, recipient, reference, at
        return None


class _Reader:
    """Reads values at JSON pointers, and collects what is wrong with them."""

    def __init__(self, root: JsonValue) -> None:
        self.root = root
        self.findings: list[Reason] = []
        self.wrong = False

    def text(self, at: str, *, needed: bool = True) -> str:
        """The text at a pointer; "" and a finding if it is needed and not there."""
        value = self._at(at)
        if isinstance(value, str) and value and len(value) <= _MAX_ID:
            return value
        if needed or value is not None:
            self.missing(at, at.rpartition("/")[2])
        return ""

    def items(self, at: str) -> list[str]:
        """The pointers of an array's items; none if there is no array."""
        value = self._at(at)
        return [f"{at}/{n}" for n in range(len(value))] if isinstance(value, list) else []

    def missing(self, at: str, name: str) -> None:
        """Note that something is not there."""
        self.refuse([MISSING(at=at, name=name)])

    def refuse(self, findings: list[Reason]) -> None:
        """Note what makes the list unusable, if anything."""
        self.findings += findings[: _MAX_FINDINGS - len(self.findings)]
        self.wrong = self.wrong or bool(findings)

    def instant(self, at: str) -> datetime | None:
        """The instant at a pointer, in UTC."""
        text = self.text(at)
        if text and _INSTANT.fullmatch(text):
            try:
                return datetime.fromisoformat(text).astimezone(UTC)
            except ValueError:
                pass
        if text:
            self.refuse([BAD_INSTANT(at=at, value=shown(text))])
        return None

    def _at(self, at: str) -> JsonValue:
        value = self.root
        for name in at.split("/")[1:]:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value


def _interchange(reader: _Reader, digest: str) -> Interchange:
    document = "/exchangedDocument"
    reference = reader.text(f"{document}/id")
    sender = reader.text(f"{document}/senderTradeParty/id")
    recipient = reader.text(f"{document}/recipientTradeParty/id", needed=False)
    claims = []
    commands = []
    consignments = reader.items("/specifiedConsignment")
    if not consignments:
        reader.missing("/specifiedConsignment", "specifiedConsignment")
    for at in consignments:
        claims.append(reader.text(f"{at}/carrier/id", needed=False))
        commands.append(_arrival(reader, at))
    understood = [command for command in commands if command is not None]
    message = Message(
        reference=reference or digest,
        kind="RailWagonList",
        commands=() if reader.wrong else tuple(understood),
        findings=(*reader.findings, *_unknown_members(reader.root)),
        document_reference=reference,
    )
    return Interchange(
        sender=sender,
        recipient=recipient,
        reference=reference or digest,
        messages=(message,),
        claimed_senders=tuple(dict.fromkeys(claim for claim in claims if claim)),
    )


def _arrival(reader: _Reader, at: str) -> ReportTrainArrival | None:
    movement = f"{at}/mainCarriageLogisticsTransportMovement/0/id"
    train = reader.text(movement)
    if train:
        reader.refuse(form_findings(train, _NUMBER, WRONG_NUMBER, at=movement))
    place = f"{at}/deliveryEvent/occurrenceLogisticsLocation/id"
    code = reader.text(place)
    if code:
        reader.refuse(un_location_code.findings(code, at=place))
    arrived = reader.instant(f"{at}/deliveryEvent/actualOccurrenceDateTime")
    loads = tuple(_loads(reader, f"{at}/utilizedLogisticsTransportEquipment"))
    _no_box_twice(reader, loads)
    if not loads:
        reader.missing(f"{at}/utilizedLogisticsTransportEquipment", "wagon (车辆)")
    if arrived is None:
        return None
    return ReportTrainArrival(
        train_number=train, un_location_code=code, arrived_at=arrived, loads=loads
    )


def _loads(reader: _Reader, at: str) -> Iterator[WagonLoad]:
    wagons = reader.items(at)
    if len(wagons) > _MAX_WAGONS:
        reader.refuse([TOO_MANY_WAGONS(at=at, limit=_MAX_WAGONS)])
    for wagon in wagons[:_MAX_WAGONS]:
        number = reader.text(f"{wagon}/id")
        if number:
            reader.refuse(form_findings(number, _NUMBER, WRONG_NUMBER, at=f"{wagon}/id"))
        for box in reader.items(f"{wagon}/carriedLogisticsTransportEquipment"):
            reference = reader.text(f"{box}/id")
            if reference:
                reader.refuse(container.findings(reference, at=f"{box}/id"))
            seals = [
                (f"{seal}/id", reader.text(f"{seal}/id"))
                for seal in reader.items(f"{box}/affixedLogisticsSeal")
            ]
            for place, seal in seals:
                reader.refuse(seal_number.findings(seal, at=place) if seal else [])
            yield WagonLoad(
                wagon_number=number,
                equipment_reference=reference,
                seal_numbers=tuple(seal for _, seal in seals),
            )


def _no_box_twice(reader: _Reader, loads: tuple[WagonLoad, ...]) -> None:
    seen: set[str] = set()
    for load in loads:
        if load.equipment_reference in seen:
            reader.refuse([BOX_TWICE(value=shown(load.equipment_reference))])
        seen.add(load.equipment_reference)


def _unknown_members(root: JsonValue) -> Iterator[Reason]:
    for at, known in _MEMBERS.items():
        value = root
        for name in at.split("/")[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, dict):
            for name in [name for name in value if name not in known][:_MAX_ID]:
                yield UNKNOWN_MEMBER(at=at, name=shown(name))


MESSAGES: Final = (
    Spoken("in", "RailWagonList", "1 (own profile)", "docs/reference/rail-profile.md", "file"),
)
"""What is spoken with railways."""

ADAPTER: Final = TrainList()
