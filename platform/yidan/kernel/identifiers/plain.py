"""What all identifier checks share: an exact match, and the mended form where there is one."""

import re
import unicodedata
from typing import Final

from yidan.kernel.reasons import Reason, ReasonCode, reason

NOT_PLAIN = reason(
    "identifier-not-plain",
    en="{value} holds lower case, full-width characters, blanks or separators; write {better}.",
    zh="{value} 含有小写字母、全角字符、空格或分隔符；请写作 {better}。",
)

MAX_SHOWN: Final = 40
"""So many characters of a refused value are repeated in an answer."""
_SEPARATORS: Final = re.compile(r"[\s.\-·•]+")


def form_findings(
    text: str, pattern: re.Pattern[str], wrong: ReasonCode, *, at: str
) -> list[Reason]:
    """Compare a text with its form as a whole.

    Args:
        text: as sent.
        pattern: the form; matched over the whole text, a trailing newline included.
        wrong: the reason for a wrong form; its texts may use `{value}`.
        at: JSON pointer of the field.
    """
    if pattern.fullmatch(text):
        return []
    better = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:MAX_SHOWN]).upper())
    if pattern.fullmatch(better):
        return [NOT_PLAIN(at=at, value=shown(text), better=better)]
    return [wrong(at=at, value=shown(text))]


def shown(text: str) -> str:
    """A refused value, quoted, bounded and printable."""
    cut = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return "“" + "".join(c if c.isprintable() else "\ufffd" for c in cut) + "”"
