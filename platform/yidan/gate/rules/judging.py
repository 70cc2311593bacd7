"""Judging a capture (闸口判定): APPROVE, REFER or DENY, with every reason (DOMAIN 2(d)).

Pure. A reading is compared as it was read: nothing is mended, no look-alike is taken for another.
What is not read surely goes to a clerk; what is surely wrong is denied; rights, lights and holds
are never a clerk's to pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yidan.gate.events import Capture, Direction, Field
from yidan.kernel.identifiers import container
from yidan.kernel.reasons import Reason, Role, reason


class Ruling(StrEnum):
    """What becomes of a capture."""

    APPROVE = "APPROVE"
    """放行"""
    REFER = "REFER"
    """转人工"""
    DENY = "DENY"
    """拒绝"""


SURE: Final = 950
"""Per mille from which a reading that differs is believed to differ `[N8]`."""
CONDITIONAL: Final = 800
"""Per mille from which a reading is taken on condition that it is what was expected `[N8]`."""
WEIGHT_TOLERANCE_PERCENT: Final = 5
WEIGHT_TOLERANCE_KG: Final = 500
"""The larger of the two counts `[K]`."""
MAX_SKEW_S: Final = 180
"""A device's clock further off than this is a finding, in seconds."""
GRAVE_DAMAGES: Final = frozenset({"BR", "BN", "CK", "CU", "HO", "LK", "MS", "SP"})
"""ISO 9897 damage codes of at least medium weight: broken, burned, cracked, cut, holed, leaking,
missing, split `[K]`."""

PLATE_UNREAD = reason(
    "gate-plate-unread",
    en="The plate was not read surely (E01); the clerk reads it, or the driver shows the card.",
    zh="车牌识别不清（E01）；由人工识别或刷卡。",
    owner=Role.TERMINAL,
)
NOT_ANNOUNCED = reason(
    "gate-plate-not-announced",
    en="No pick-up is announced for {plate} (E02, E04); the haulier assigns the truck.",
    zh="{plate} 没有预约提箱（E02、E04）；请车队派车。",
    owner=Role.HAULIER,
)
TRUCK_STILL_INSIDE = reason(
    "truck-still-inside",
    en="The truck is still inside; its driver is compared at the way out.",
    zh="车辆仍在场内；出闸时须核对司机。",
    owner=Role.TERMINAL,
)
NOT_INSIDE = reason(
    "gate-truck-not-inside",
    en="{plate} did not come in by the gate for a box (E04).",
    zh="{plate} 未经闸口进场提箱（E04）。",
    owner=Role.HAULIER,
)
DRIVER_UNREAD = reason(
    "gate-driver-unread",
    en="The driver was not recognised surely (E03); show the card again or call the clerk.",
    zh="司机识别不清（E03）；请重新刷卡或呼叫人工。",
    owner=Role.TERMINAL,
)
OTHER_DRIVER = reason(
    "gate-driver-differs",
    en="Another driver is assigned to this pick-up (E03); the haulier changes the assignment.",
    zh="该提箱任务指派了其他司机（E03）；请车队更改派车。",
    owner=Role.HAULIER,
)
BOX_UNREAD = reason(
    "gate-box-unread",
    en="The box number was not read surely (E06, E08): {box}; the clerk types it from the box.",
    zh="箱号识别不清（E06、E08）：{box}；由人工按箱体录入。",
    owner=Role.TERMINAL,
)
OTHER_BOX = reason(
    "gate-box-differs",
    en="The truck carries {box}, not the box it came for (E07); back to the yard.",
    zh="车辆所载箱 {box} 不是应提的箱（E07）；请返回堆场。",
    owner=Role.TERMINAL,
)
WEIGHT_DIFFERS = reason(
    "gate-weight-differs",
    en="Weighed {weighed} kg, listed {listed} kg (E12); weigh again.",
    zh="实测 {weighed} 千克，舱单 {listed} 千克（E12）；请复磅。",
    owner=Role.TERMINAL,
)
SEAL_UNREAD = reason(
    "gate-seal-unread",
    en="The seal was not read surely (E13); the clerk reads it.",
    zh="铅封识别不清（E13）；由人工识别。",
    owner=Role.TERMINAL,
)
SEAL_DIFFERS = reason(
    "gate-seal-differs",
    en="Seals {found} are not the listed {listed} (E13); seal, and tell customs.",
    zh="铅封 {found} 与清单 {listed} 不符（E13）；请施封并告知海关。",
    owner=Role.TERMINAL,
)
NEW_DAMAGE = reason(
    "gate-damage-new",
    en="New damage {codes} (E14); photos, then both sides sign.",
    zh="新残损 {codes}（E14）；请拍照并由双方签认。",
    owner=Role.TERMINAL,
)
CLAIMED = reason(
    "gate-right-claimed",
    en="Another lane is letting this box out at this moment.",
    zh="另一车道正在放行该箱。",
    owner=Role.TERMINAL,
)
CLOCK_SKEWED = reason(
    "gate-clock-skewed",
    en="The device's clock is {skew_s} s off; its time is not used. Set it.",
    zh="设备时钟偏差 {skew_s} 秒；不采用其时间，请校时。",
    owner=Role.TERMINAL,
)

READ_ANEW: Final = frozenset(
    code.code for code in (PLATE_UNREAD, DRIVER_UNREAD, BOX_UNREAD, SEAL_UNREAD)
)
"""Reasons to refer that only a reading of the clerk's mends; the others a clerk may let pass."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What should be read, by the right, its assignment and the terminal's list."""

    plate: str
    driver_id: str
    equipment_reference: str
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    damage_codes: tuple[str, ...]
    """Known before."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A ruling with everything said for it."""

    hard: tuple[Reason, ...]
    soft: tuple[Reason, ...]
    findings: tuple[Reason, ...]

    @property
    def ruling(self) -> Ruling:
        """DENY before REFER before APPROVE."""
        if self.hard:
            return Ruling.DENY
        return Ruling.REFER if self.soft else Ruling.APPROVE

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, the hard ones first."""
        return (*self.hard, *self.soft)


def judge(
    capture: Capture,
    expected: Expected | None,
    readiness: Iterable[Reason],
    *,
    accepted: frozenset[str] = frozenset(),
) -> Judgement:
    """Judge a capture against what was expected and what stands against the box.

    Args:
        capture: as read.
        expected: None where nothing is announced for, or came in with, this plate.
        readiness: reasons of rights, lights and holds; each denies.
        accepted: codes of reasons to refer that a clerk let pass.
    """
    if expected is None:
        said = _unexpected(capture, readiness)
    else:
        said = _in_order(capture, expected, readiness)
    passed = accepted - READ_ANEW
    return Judgement(
        hard=tuple(reason for hard, reason in said if hard),
        soft=tuple(reason for hard, reason in said if not hard and reason.code not in passed),
        findings=_findings(capture),
    )


def _confidence(capture: Capture, field: Field) -> int:
    return capture.confidences.get(field.value, 0)


def _unexpected(capture: Capture, readiness: Iterable[Reason]) -> list[tuple[bool, Reason]]:
    """A truck nobody announced, or whose plate was misread: then nothing else is known of it."""
    if not capture.plate or _confidence(capture, Field.PLATE) < SURE:
        return [(False, PLATE_UNREAD())]
    told = NOT_ANNOUNCED if capture.direction is Direction.IN else NOT_INSIDE
    return [(True, told(plate=capture.plate)), *((True, reason) for reason in readiness)]


def _in_order(
    capture: Capture, expected: Expected, readiness: Iterable[Reason]
) -> list[tuple[bool, Reason]]:
    """The steps of DOMAIN 2(d) for an announced truck; box and condition count at gate-out."""
    out = capture.direction is Direction.OUT
    return [
        *_identity(capture, expected),
        *(_box(capture, expected) if out else ()),
        *((True, reason) for reason in readiness),
        *((False, reason) for reason in (_condition(capture, expected) if out else ())),
    ]


def _identity(capture: Capture, expected: Expected) -> list[tuple[bool, Reason]]:
    """Step 2: plate and driver are those assigned by the holder of the right."""
    plate = _compare(
        capture.plate,
        expected.plate,
        _confidence(capture, Field.PLATE),
        PLATE_UNREAD(),
        NOT_ANNOUNCED(plate=capture.plate),
    )
    driver = _compare(
        capture.driver_id,
        expected.driver_id,
        _confidence(capture, Field.DRIVER),
        DRIVER_UNREAD(),
        OTHER_DRIVER(),
    )
    return [*plate, *driver]


def _box(capture: Capture, expected: Expected) -> list[tuple[bool, Reason]]:
    """Step 3: the box on the truck is the box of the right, letter by letter."""
    read = capture.equipment_reference
    unread = BOX_UNREAD(box=read[:20] or "-")
    if container.findings(read):
        return [(False, unread)]
    return _compare(
        read,
        expected.equipment_reference,
        _confidence(capture, Field.BOX),
        unread,
        OTHER_BOX(box=read),
    )


def _compare(
    read: str, expected: str, confidence: int, unread: Reason, differs: Reason
) -> list[tuple[bool, Reason]]:
    if read == expected and confidence >= CONDITIONAL:
        return []
    if not read or read == expected or confidence < SURE:
        return [(False, unread)]
    return [(True, differs)]


def _condition(capture: Capture, expected: Expected) -> list[Reason]:
    """Steps 6 to 8: weight, seal, damage."""
    return [*_weight(capture, expected), *_seals(capture, expected), *_damage(capture, expected)]


def _weight(capture: Capture, expected: Expected) -> list[Reason]:
    weighed, listed = capture.gross_mass_kg, expected.gross_mass_kg
    if weighed is None or listed is None:
        return []
    beyond_kg = abs(weighed - listed)
    if beyond_kg <= WEIGHT_TOLERANCE_KG or beyond_kg * 100 <= listed * WEIGHT_TOLERANCE_PERCENT:
        return []
    return [WEIGHT_DIFFERS(weighed=weighed, listed=listed)]


def _seals(capture: Capture, expected: Expected) -> list[Reason]:
    if not expected.seal_numbers:
        return []
    if set(capture.seal_numbers) != set(expected.seal_numbers):
        found = ", ".join(seal[:35] for seal in capture.seal_numbers) or "-"
        return [SEAL_DIFFERS(found=found, listed=", ".join(expected.seal_numbers))]
    return [SEAL_UNREAD()] if _confidence(capture, Field.SEALS) < CONDITIONAL else []


def _damage(capture: Capture, expected: Expected) -> list[Reason]:
    new = [code for code in capture.damage_codes if code not in expected.damage_codes]
    grave = [code for code in new if code[-2:] in GRAVE_DAMAGES]
    return [NEW_DAMAGE(codes=", ".join(grave))] if grave else []


def _findings(capture: Capture) -> tuple[Reason, ...]:
    if abs(capture.skew_s) <= MAX_SKEW_S:
        return ()
    return (CLOCK_SKEWED(skew_s=capture.skew_s),)
