"""Party identifiers, `scheme:value` such as `uscc:91110000600037341L`: one check for all."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from yidan.kernel.identifiers import lei, organisation_code, uscc
from yidan.kernel.identifiers.plain import form_findings, shown
from yidan.kernel.reasons import Reason, ReasonCode, reason

UNKNOWN_SCHEME = reason(
    "party-identifier-scheme",
    en="{value} names no known scheme; write one of {schemes}, a colon and the identifier.",
    zh="{value} 未注明已知的标识类型；请写 {schemes} 之一，加冒号和标识。",
)
WRONG_CARRIER_CODE = reason(
    "carrier-code-form",
    en="{value} is not a carrier code; write its three or four capitals.",
    zh="{value} 不是船公司代码；请写 3 或 4 位大写字母。",
)
WRONG_MAILBOX = reason(
    "mailbox-form",
    en="{value} is not a mailbox name; write up to 35 capitals, digits or underscores.",
    zh="{value} 不是报文邮箱代号；请写至多 35 位大写字母、数字或下划线。",
)

_SMDG: Final = re.compile(r"[A-Z0-9]{3}")
_SCAC: Final = re.compile(r"[A-Z]{4}")
_MAILBOX: Final = re.compile(r"[A-Z0-9_]{1,35}")


class _Check(Protocol):
    def __call__(self, value: str, /, *, at: str) -> list[Reason]: ...


def _by_form(form: re.Pattern[str], wrong: ReasonCode = WRONG_CARRIER_CODE) -> _Check:
    return lambda value, /, *, at: form_findings(value, form, wrong, at=at)


SCHEMES: Final[Mapping[str, _Check]] = MappingProxyType(
    {
        "uscc": uscc.findings,
        "org": organisation_code.findings,
        "lei": lei.findings,
        "smdg": _by_form(_SMDG),
        "scac": _by_form(_SCAC),
        "edi": _by_form(_MAILBOX, WRONG_MAILBOX),
    }
)
"""Known schemes: 统一社会信用代码, 组织机构代码, LEI, SMDG liner code, SCAC (form only), and the
mailbox name agreed with a partner (报文邮箱代号), which its messages name as their sender."""


def findings(identifier: str, *, at: str = "") -> list[Reason]:
    """Check a party identifier `scheme:value`."""
    scheme, colon, value = identifier.partition(":")
    check = SCHEMES.get(scheme)
    if not colon or check is None:
        return [UNKNOWN_SCHEME(at=at, value=shown(identifier), schemes=", ".join(SCHEMES))]
    return check(value, at=at)


def recognise(value: str) -> str | None:
    """Put the scheme before a bare identifier whose check digits prove it; None if none does.

    Only schemes with check digits are tried, the longest first: USCC, LEI, organisation code.
    """
    proving: dict[str, Callable[..., list[Reason]]] = {
        "uscc": uscc.findings,
        "lei": lei.findings,
        "org": organisation_code.findings,
    }
    return next((f"{s}:{value}" for s, check in proving.items() if not check(value)), None)
