"""Every act's guards together 指令审核: all reasons at once; pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Reason
from yidan.release.titles import amending, foreclosing
from yidan.release.titles.events import Act
from yidan.release.titles.rules import guards
from yidan.release.titles.rules.guards import (
    BUSY,
    DEADLINE,
    LONGEST,
    NOT_KEEPER,
    OTHER_SUSPENDED,
    SUSPENDED,
    Facts,
)
from yidan.release.titles.rules.instructing import SEQUENCED

_GUARDS: Final[Mapping[Act, Callable[[Facts], list[Reason]]]] = MappingProxyType(
    {**guards.GUARDS, **foreclosing.GUARDS, **amending.GUARDS}
)


def findings(act: Act, facts: Facts) -> list[Reason]:
    """Why an instruction would be refused: every reason."""
    found = list(_GUARDS[act](facts))
    if act is Act.SURRENDER_PLEDGED:
        found += amending.conserved(facts)
    if not facts.office_kept:
        found.append(NOT_KEEPER(office=facts.office))
    if facts.busy and act in SEQUENCED:
        found.append(BUSY(owner=facts.waits_for))
    if facts.suspended and not facts.office:
        found.append(SUSPENDED())
    if facts.other_suspended:
        found.append(OTHER_SUSPENDED())
    if not facts.now < facts.deadline <= facts.now + LONGEST:
        found.append(DEADLINE(at="/deadline"))
    return found
