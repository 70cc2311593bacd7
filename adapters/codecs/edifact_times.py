"""Date, time and period (DTM, C507) read as instants; codes of UN/EDIFACT 2379.

Times without a zone are China time. A date alone is its first or its last second, as the caller
means it: an expiry on a day lasts through that day.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone
from types import MappingProxyType
from typing import Final

from adapters.codecs.edifact import Segment
from adapters.codecs.edifact_writer import CHINA_TIME
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, reason

BAD_TIME = reason(
    "edifact-bad-time",
    en="{value} is not a date or time of format {format} between 2000 and 2100; mend the DTM.",
    zh="{value} 不是 2000 至 2100 年间格式为 {format} 的日期时间；请更正 DTM。",
)

_FORMATS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "101": (6, "%y%m%d"),
        "102": (8, "%Y%m%d"),
        "201": (10, "%y%m%d%H%M"),
        "203": (12, "%Y%m%d%H%M"),
        "204": (14, "%Y%m%d%H%M%S"),
    }
)
_WITH_ZONE: Final = "205"
"""CCYYMMDDHHMMZHHMM"""
_DAYS: Final = frozenset({"101", "102"})
_YEARS: Final = range(2000, 2101)
_ZONED_LENGTH: Final = 17


def instant(dtm: Segment, *, last: bool = False) -> tuple[datetime | None, list[Reason]]:
    """Read a DTM segment as an instant in UTC, or say what is wrong with it.

    Args:
        dtm: the segment.
        last: take the last second of a date that has no time, not the first.
    """
    value, code = dtm.get(0, 1), dtm.get(0, 2)
    found = _read(value, code) if value.isascii() else None
    if found is None or found.year not in _YEARS:
        return None, [BAD_TIME(at=dtm.at, value=shown(value), format=shown(code))]
    if code in _DAYS and last:
        found = datetime.combine(found.date(), time(23, 59, 59), found.tzinfo)
    return found.astimezone(UTC), []


def _read(value: str, code: str) -> datetime | None:
    zone = CHINA_TIME
    if code == _WITH_ZONE and len(value) == _ZONED_LENGTH:
        zone_or_none = _zone(value[12:])
        if zone_or_none is None:
            return None
        zone, value, code = zone_or_none, value[:12], "203"
    length, form = _FORMATS.get(code, (0, ""))
    if len(value) != length or not value.isdigit():
        return None
    try:
        return datetime.strptime(value, form).replace(tzinfo=zone)
    except ValueError:
        return None


def _zone(text: str) -> timezone | None:
    sign, digits = text[:1], text[1:]
    if sign not in {"+", "-"} or not digits.isdigit():
        return None
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset >= timedelta(hours=24):
        return None
    return timezone(-offset if sign == "-" else offset)
