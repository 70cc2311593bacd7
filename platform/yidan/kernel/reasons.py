"""Reasons: why something was refused, who owes the next step, in Chinese and English.

Every refusal and every finding the platform gives is a `Reason`. Its code is declared once, beside
the rule that gives it, with both texts and the role that can mend it (DOMAIN U1, U8: users need the
whole list and the party who owes the next step, never only "no").
"""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from typing_extensions import override


class Role(StrEnum):
    """Roles a party can have (参与方角色), also used for "who owes the next step"."""

    FORWARDER = "forwarder"
    """货代"""
    CONSIGNEE = "consignee"
    """收货人"""
    CARRIER = "carrier"
    """船公司"""
    SHIPPING_AGENT = "shipping_agent"
    """船代"""
    TERMINAL = "terminal"
    """码头"""
    RAIL_OPERATOR = "rail_operator"
    """铁路"""
    HAULIER = "haulier"
    """车队"""
    CUSTOMS = "customs"
    """海关"""
    BANK = "bank"
    """银行"""
    REGULATOR = "regulator"
    """监管"""
    EBL_PLATFORM = "ebl_platform"
    """电子提单平台"""
    ADMINISTRATOR = "administrator"
    """平台管理员"""


Words = tuple[str, str]
"""English and Chinese."""
Naming = Callable[[str], Words]
"""Says a parameter's code in words."""

ROLE_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Role.FORWARDER: ("forwarder", "货代"),
        Role.CONSIGNEE: ("consignee", "收货人"),
        Role.CARRIER: ("carrier", "船公司"),
        Role.SHIPPING_AGENT: ("shipping agent", "船代"),
        Role.TERMINAL: ("terminal", "码头"),
        Role.RAIL_OPERATOR: ("rail operator", "铁路"),
        Role.HAULIER: ("haulier", "车队"),
        Role.CUSTOMS: ("customs", "海关"),
        Role.BANK: ("bank", "银行"),
        Role.REGULATOR: ("regulator", "监管"),
        Role.EBL_PLATFORM: ("platform for electronic bills", "电子提单平台"),
        Role.ADMINISTRATOR: ("administrator", "平台管理员"),
    }
)


def worded(table: Mapping[str, Words]) -> Naming:
    """Say codes, one or several behind commas, by a table; what is not in it stays as it is."""

    def said(codes: str) -> Words:
        found = [table.get(code, (code, code)) for code in codes.split(", ")]
        return ", ".join(en for en, _ in found), "、".join(zh for _, zh in found)

    return said


@dataclass(frozen=True)
class ReasonCode:
    """One declared reason: a stable code, its texts, and who normally owes the next step.

    Texts may hold `{name}` places, filled from a reason's parameters. They say what is wrong and
    what to do.
    """

    code: str
    en: str
    zh: str
    owner: Role | None = None
    words: Mapping[str, Naming] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """How parameters that are codes are said in the texts, by parameter."""

    def __call__(
        self,
        *,
        at: str = "",
        owner: Role | None = None,
        since: datetime | None = None,
        **params: object,
    ) -> "Reason":
        """Give this reason for the field `at` (JSON pointer or "") with text parameters."""
        return Reason(
            code=self.code,
            at=at,
            owner=owner or self.owner,
            since=since,
            params=MappingProxyType({name: str(value) for name, value in params.items()}),
        )


_DECLARED: Final[dict[str, ReasonCode]] = {}


def reason(
    code: str, *, en: str, zh: str, owner: Role | None = None, **words: Naming
) -> ReasonCode:
    """Declare a reason code; `words` say how its parameters that are codes are called.

    Raises:
        ValueError: the code is declared already, or the two texts name different places.
    """
    declared = ReasonCode(code, en, zh, owner, MappingProxyType(words))
    if _DECLARED.setdefault(code, declared) != declared:
        raise ValueError(f"reason {code!r} is declared twice")
    if _places(en) != _places(zh):
        raise ValueError(f"reason {code!r}: the two texts name different places")
    return declared


def declared() -> Iterator[ReasonCode]:
    """All declared reasons in code order, for the reference page and its test."""
    return iter(sorted(_DECLARED.values(), key=lambda code: code.code))


@dataclass(frozen=True)
class Reason:
    """One reason as it was given: code, where, who owes the next step, since when (UTC)."""

    code: str
    at: str = ""
    """JSON pointer of the field in the request, or "" when no single field is meant."""
    owner: Role | None = None
    since: datetime | None = None
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, language: str) -> str:
        """Say the reason in "zh" or "en" (anything else is answered in English)."""
        found, chinese = _DECLARED[self.code], language.startswith("zh")
        said = {
            name: found.words[name](value)[chinese] if name in found.words else value
            for name, value in self.params.items()
        }
        return (found.zh if chinese else found.en).format_map(said)

    @override
    def __hash__(self) -> int:
        return hash((self.code, self.at, tuple(sorted(self.params.items()))))


def _places(text: str) -> set[str]:

    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
