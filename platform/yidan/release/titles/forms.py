"""What a form on a title's page says 表单: its fields read, or a reason why not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from flask import request

from yidan.http.wiring import services
from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import reason
from yidan.release.titles.actions import instructions, keys
from yidan.release.titles.actions.amending import Child, Wish
from yidan.release.titles.events import Act
from yidan.release.titles.rules.offices import Authority, Gate

A = TypeVar("A")

_LONGEST: Final = 500
"""Characters of a field that are looked at."""
_AMENDMENT: Final = ("quantities", "others", "paper", "void")
FIELDS: Final[Mapping[Act, tuple[str, ...]]] = MappingProxyType(
    {
        Act.TRANSFER: ("to",),
        Act.PROPOSE: ("to", "offered_until"),
        Act.PLEDGE: ("to", "notice_days"),
        Act.ASSIGN_PLEDGE: ("to",),
        Act.SURRENDER_FOR_AMENDMENT: _AMENDMENT,
        Act.SURRENDER_PLEDGED: _AMENDMENT,
        Act.SWITCH_BACK: ("to",),
        Act.REJECT_AMENDMENT: ("why", "evidence"),
        Act.DECLINE: ("why", "evidence"),
        Act.REJECT_SURRENDER: ("why", "evidence"),
        Act.CLOSE_WITH_TOLERANCE: ("why", "evidence"),
        Act.HOLD: ("why", "evidence"),
        Act.UNHOLD: ("why", "evidence"),
        Act.SATISFY: ("why", "evidence"),
        Act.UNSATISFY: ("why", "evidence"),
    }
)
"""What a form asks for beside the act; most need nothing."""
UNREADABLE: Final = reason(
    "title-form-unreadable",
    en="The field {name} cannot be read; enter it again.",
    zh="无法识别字段 {name}；请重新填写。",
)


def text(name: str) -> str:
    """A field, cut and stripped; "" where it is missing."""
    return request.form.get(name, "")[:_LONGEST].strip()


def signature() -> str:
    """A signature as wallets show it, with or without `0x`."""
    return text("signature").lower().removeprefix("0x")


def command(title_id: str) -> instructions.InstructTitle:
    """What the form asks for.

    Raises:
        InvalidError: a field cannot be read.
    """
    until = text("offered_until")
    return instructions.InstructTitle(
        title=title_id,
        act=_read("act", Act),
        sequence=_read("sequence", int, "0") or None,
        to=text("to"),
        offered_until=_read("offered_until", _instant) if until else None,
        notice_s=_read("notice_days", int, "0") * 86_400,
        authority=_read("authority", Authority) if text("authority") else None,
        gate=_read("gate", Gate) if text("gate") else None,
        evidence=_read("evidence", _hash, keys.NO_EVIDENCE),
        why=text("why"),
        wish=_wish(),
    )


def _wish() -> Wish | None:
    """What is to take the title's place, where the form says anything of it.

    Raises:
        InvalidError: a field cannot be read.
    """
    quantities, void = _read("quantities", _numbers), bool(text("void"))
    others = _read("others", _hashes)
    paper = _read("paper", _hash) if text("paper") else ""
    if not (quantities or void or others or paper):
        return None
    children = tuple(Child(quantity=one) for one in quantities)
    return Wish(children=children if children or void else None, others=others, paper=paper)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.replace(",", " ").split())


def _hashes(text: str) -> tuple[str, ...]:
    return tuple(_hash(one) for one in text.replace(",", " ").split())


def _read(name: str, kind: Callable[[str], A], default: str = "") -> A:
    try:
        return kind(text(name) or default)
    except ValueError:
        raise InvalidError(UNREADABLE(at=f"/{name}", name=name)) from None


def _instant(text: str) -> datetime:
    """A time on the site's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(services().settings.site_timezone))


def _hash(text: str) -> str:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != 32:  # noqa: PLR2004 - SHA-256
        raise ValueError("not a SHA-256")
    return found.hex()
