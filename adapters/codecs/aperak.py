"""APERAK D.00B: what became of a message and of each of its lines, for its sender.

BGM 4343 is AP (all applied), CA (some lines refused) or RE (nothing applied). Each line and each
finding is an ERC group: ACCEPTED, REFUSED or NOTED (our own codes, agency ZZZ), the reason's code
and English text in FTX+AAO, the box in RFF+EQ.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from adapters.codecs.edifact_writer import OutMessage, segment, when
from yidan.kernel.reasons import Reason
from yidan.ports import LineOutcome, MessageOutcome

_MAX_TEXT: Final = 256
_MAX_REFERENCE: Final = 35
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def aperak(outcome: MessageOutcome, number: int, *, at: datetime) -> OutMessage:
    """Write the acknowledgement of one message; never fails, whatever the texts hold.

    Args:
        outcome: what became of it.
        number: its place in the interchange, counted from 1; the acknowledgement's own number.
        at: when it was decided.
    """
    document = _plain(outcome.document_reference or outcome.reference, _MAX_REFERENCE)
    segments = [
        segment("BGM", "312", f"{at:%Y%m%d%H%M%S}-{number}", "11", _response(outcome)),
        when("137", at),
        segment("RFF", ("ACW", document or "-")),
        segment("RFF", ("AGO", _plain(outcome.reference, _MAX_REFERENCE) or "-")),
    ]
    for finding in outcome.findings:
        segments += _error("NOTED" if outcome.accepted else "REFUSED", finding, "")
    for line in outcome.lines:
        segments += _line(line)
    return OutMessage("APERAK", "D:00B:UN", "", segments)


def _response(outcome: MessageOutcome) -> str:
    if not outcome.accepted:
        return "RE"
    return "AP" if all(line.applied for line in outcome.lines) else "CA"


def _line(line: LineOutcome) -> Iterator[str]:
    verdict = "ACCEPTED" if line.applied else "REFUSED"
    for why in line.reasons or (None,):
        yield from _error(verdict, why, line.reference)


def _error(verdict: str, why: Reason | None, reference: str) -> Iterator[str]:
    yield segment("ERC", (verdict, "", "ZZZ"))
    if why is not None:
        yield segment("FTX", "AAO", "", "", (why.code, _plain(why.text("en"), _MAX_TEXT)))
    if reference:
        yield segment("RFF", ("EQ", _plain(reference, _MAX_REFERENCE)))


def _plain(text: str, limit: int) -> str:
    return _UNPRINTABLE.sub(" ", text)[:limit].strip()
