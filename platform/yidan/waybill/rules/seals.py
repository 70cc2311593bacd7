"""One container all the way (一箱制): the seals on a box may only change for a named reason.

Source: DOMAIN 2(c), one-container check: (box, seal) is constant over all events apart from those
with reason CUSTOMS_INSPECTION or RESEAL that name the new seal and who put it on.
"""

from collections.abc import Iterable, Mapping

from yidan.kernel.reasons import Reason, Role, reason
from yidan.waybill.events import BoxSeen

SEAL_DIFFERS = reason(
    "seal-differs",
    en="{box}: the seals should be {expected}, seen were {found}; say what happened.",
    zh="{box}：铅封应为 {expected}，实见 {found}；请核查箱体并说明情况。",
    owner=Role.RAIL_OPERATOR,
)
BOX_NOT_ON_BILL = reason(
    "box-not-on-bill",
    en="{box} is not on bill {bill}.",
    zh="{box} 不在运单 {bill} 上。",
    owner=Role.FORWARDER,
)


def differ(expected: Iterable[str], found: Iterable[str]) -> bool:
    """Whether other seals were seen than the box should have; their order says nothing."""
    return set(expected) != set(found)


def findings(
    bill: str, expected: Mapping[str, tuple[str, ...]], seen: Iterable[BoxSeen]
) -> list[Reason]:
    """Everything that breaks the chain of box and seal in one report.

    Args:
        bill: transport document reference, for the texts.
        expected: seals that each box of the bill should have now, by box.
        seen: boxes and seals as reported.
    """
    found: list[Reason] = []
    for box in seen:
        if box.equipment_reference not in expected:
            found.append(BOX_NOT_ON_BILL(box=box.equipment_reference, bill=bill))
        elif differ(expected[box.equipment_reference], box.seal_numbers):
            found.append(
                SEAL_DIFFERS(
                    box=box.equipment_reference,
                    expected=written(expected[box.equipment_reference]),
                    found=written(box.seal_numbers),
                )
            )
    return found


def written(seal_numbers: Iterable[str]) -> str:
    """Seals for a text, sorted; a dash for none."""
    return ", ".join(sorted(seal_numbers)) or "-"
