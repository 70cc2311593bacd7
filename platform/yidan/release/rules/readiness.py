"""Readiness (可提箱判断): every reason why a box may not leave, who owes the next step, since when.

`pickup_ready` of DOMAIN 2(a), pure: the same function answers the forwarder's question, the gate-in
and the gate-out. An empty list is the only yes. Anything not known counts as a no.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release.rules import commercial, lights, right, words
from yidan.release.rules.commercial import Block, CommercialState, LineState
from yidan.release.rules.holds import Hold, hold_reasons
from yidan.release.rules.lights import ChargesLight, CustomsLight, DischargeLight, TerminalLight
from yidan.release.rules.right import RightState


class Stage(StrEnum):
    """When it is asked."""

    READINESS = "readiness"
    """Before the truck leaves home."""
    GATE_IN = "gate_in"
    GATE_OUT = "gate_out"


NO_RELEASE = reason(
    "release-missing",
    en="No carrier's release covers this box.",
    zh="该箱没有承运人的放货。",
    owner=Role.SHIPPING_AGENT,
)
NOT_ACKNOWLEDGED = reason(
    "release-not-acknowledged",
    en="The terminal has not acknowledged the release yet.",
    zh="码头尚未确认该放货。",
    owner=Role.TERMINAL,
)
UNDER_REVIEW = reason(
    "release-under-review",
    en="The terminal turned the release down; the carrier must send it again.",
    zh="码头拒绝了该放货；承运人须重新发送。",
    owner=Role.SHIPPING_AGENT,
)
REVOKED = reason(
    "release-revoked",
    en="The carrier revoked the release.",
    zh="承运人已撤销放货。",
    owner=Role.SHIPPING_AGENT,
)
EXPIRED = reason(
    "release-expired",
    en="The release ended at {until}; the carrier must extend it.",
    zh="放货有效期已于 {until} 结束；须由承运人延期。",
    owner=Role.SHIPPING_AGENT,
)
USED_UP = reason(
    "release-used-up",
    en="The release was used for this box already.",
    zh="该箱的放货已使用。",
)
NOT_YET_VALID = reason(
    "release-not-yet-valid",
    en="The release begins at {begins}.",
    zh="放货自 {begins} 起有效。",
    owner=Role.SHIPPING_AGENT,
)
NOT_DISCHARGED = reason(
    "box-not-discharged",
    en="The box is not reported as discharged.",
    zh="尚未收到该箱的卸船报告。",
    owner=Role.TERMINAL,
)
TERMINAL_NOT_RELEASED = reason(
    "terminal-not-released",
    en="The terminal's word on the box: {status}; the terminal must release it.",
    zh="码头状态：{status}；须由码头放行。",
    status=worded(words.TERMINAL),
    owner=Role.TERMINAL,
)
CUSTOMS_NOT_DECLARED = reason(
    "customs-not-reported",
    en="Customs has not decided on this box; the declarant must declare it.",
    zh="海关尚未对该箱作出决定；申报人须报关。",
    owner=Role.FORWARDER,
)
CUSTOMS_NOT_RELEASED = reason(
    "customs-not-released",
    en="Customs' word on the box: {status}; only customs can change it.",
    zh="海关状态：{status}；只能由海关更改。",
    status=worded(words.CUSTOMS),
    owner=Role.CUSTOMS,
)
CHARGES_UNKNOWN = reason(
    "charges-unknown",
    en="The terminal has not said whether its charges are paid.",
    zh="码头尚未确认费用是否结清。",
    owner=Role.TERMINAL,
)
CHARGES_DUE = reason(
    "charges-due",
    en="The terminal's charges are due.",
    zh="码头费用未付。",
    owner=Role.CONSIGNEE,
)
PAID_THROUGH_PASSED = reason(
    "charges-paid-through-passed",
    en="Charges are paid through {day} only; pay for the days since (E11).",
    zh="费用仅付至 {day}；请补付其后费用（E11）。",
    owner=Role.CONSIGNEE,
)
NO_RIGHT = reason(
    "right-missing",
    en="There is no release right for this box.",
    zh="该箱没有提货权。",
    owner=Role.SHIPPING_AGENT,
)
RIGHT_UNASSIGNED = reason(
    "right-unassigned",
    en="Nobody holds the right; the carrier must name the first party.",
    zh="提货权尚无持有人；须由承运人指定。",
    owner=Role.SHIPPING_AGENT,
)
RIGHT_OFFERED = reason(
    "right-offered",
    en="The right is offered and not accepted yet.",
    zh="提货权已转让，对方尚未接受。",
    owner=Role.HAULIER,
)
NO_TRUCK = reason(
    "right-without-truck",
    en="The holder has not named truck and driver.",
    zh="持有人尚未派车。",
    owner=Role.HAULIER,
)
AT_THE_GATE = reason(
    "right-locked-at-gate",
    en="A truck is in the terminal for this box.",
    zh="已有车辆进场提取该箱。",
    owner=Role.TERMINAL,
)
NOT_AT_THE_GATE = reason(
    "right-not-locked",
    en="No truck came in for this box by the gate (the right is {state}).",
    zh="没有车辆经闸口进场提取该箱（提货权状态：{state}）。",
    state=worded(words.RIGHT_STATES),
    owner=Role.HAULIER,
)
OTHER_TRUCK = reason(
    "right-locked-by-other-truck",
    en="Another truck came in for this box (E09).",
    zh="另一车辆已进场提取该箱（E09）。",
    owner=Role.HAULIER,
)
CONSUMED = reason(
    "right-consumed",
    en="The box has left under this right; a right serves once.",
    zh="该箱已凭此提货权提离；提货权只能使用一次。",
)
VOID = reason(
    "right-void",
    en="The right has ended (E09).",
    zh="提货权已作废（E09）。",
    owner=Role.SHIPPING_AGENT,
)
HOLDER_BARRED = reason(
    "right-holder-not-verified",
    en="The party that holds the right is suspended; an administrator must verify it again.",
    zh="提货权持有人已被停用；须由管理员重新核验。",
    owner=Role.ADMINISTRATOR,
)
OTHER_BILL = reason(
    "box-listed-under-other-bill",
    en="The terminal's list has the box under bill {bill}; list or release must be mended.",
    zh="码头清单中该箱列于提单 {bill} 项下；须更正清单或放货。",
    owner=Role.TERMINAL,
)
STOPPED = reason(
    "releases-stopped",
    en="Releases are stopped, since ledger and chain disagree; an operator must look.",
    zh="账本与链不一致，放货已停止；须由运维人员检查。",
    owner=Role.ADMINISTRATOR,
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a box's leaving is judged by, read in one transaction."""

    now: datetime
    today: date
    """Local day of the site."""
    stopped: bool = False
    """Ledger and chain disagree (LEDGER 0.8)."""
    visit_since: datetime | None = None
    other_bills: tuple[str, ...] = ()
    """Every bill under which the terminal lists the box, and that is not the release's."""
    discharge: DischargeLight = DischargeLight.UNKNOWN
    terminal: TerminalLight = TerminalLight.UNKNOWN
    terminal_since: datetime | None = None
    customs: CustomsLight | None = None
    """None: customs never spoke of it."""
    customs_since: datetime | None = None
    charges: ChargesLight = ChargesLight.UNKNOWN
    charges_since: datetime | None = None
    paid_through_on: date | None = None
    release: CommercialState | None = None
    """None: no release names the box."""
    release_since: datetime | None = None
    blocks: tuple[Block, ...] = ()
    """Every party's block of the release."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    line: LineState = LineState.WAITING
    right: RightState | None = None
    right_since: datetime | None = None
    suspended: bool = False
    holder_barred: bool = False
    """Somebody holds the right who may not act now."""
    truck_visit_id: str = ""
    """The truck visit the right is locked to, or ""."""
    asking_truck_visit_id: str = ""
    """The truck visit at the gate, or ""."""
    gone_box: str = ""
    """The box's number if it has left under any order of the bill, or ""."""
    holds: tuple[Hold, ...] = ()
    titles: tuple[Reason, ...] = ()
    """Why the bill's titles on the chain keep the goods."""


def reasons(facts: Facts, stage: Stage = Stage.READINESS) -> list[Reason]:
    """Every reason why the box may not leave now; an empty list is the only yes."""
    return [
        *([STOPPED()] if facts.stopped else []),
        *_release(facts),
        *_right(facts, stage),
        *_terminal(facts),
        *_customs(facts),
        *_charges(facts),
        *hold_reasons(facts.holds),
        *facts.titles,
    ]


def lights_of(facts: Facts) -> lights.Lights:
    """The lights behind the reasons, for those who want them in one glance."""
    commercial_light = lights.CommercialLight.UNKNOWN
    if facts.release is not None and facts.valid_until is not None:
        state = commercial.effective(facts.release, facts.valid_until, facts.now)
        commercial_light = commercial.light(state, facts.line)
    gone = facts.right is RightState.CONSUMED
    return lights.Lights(
        commercial=commercial_light,
        discharge=facts.discharge,
        terminal=facts.terminal,
        customs=facts.customs or CustomsLight.NOT_RELEASED,
        charges=facts.charges,
        gate=lights.GateLight.GATE_OUT_RECEIVED if gone else lights.GateLight.UNKNOWN,
    )


_RELEASE_STATES: Final = {
    CommercialState.NONE: NO_RELEASE,
    CommercialState.UNDER_REVIEW: UNDER_REVIEW,
    CommercialState.PENDING_TERMINAL_ACK: NOT_ACKNOWLEDGED,
    CommercialState.BLOCKED: commercial.BLOCKED,
    CommercialState.REVOKED: REVOKED,
    CommercialState.ACCOMPLISHED: USED_UP,
}
_LINE_STATES: Final = {
    LineState.WAITING: NOT_ACKNOWLEDGED,
    LineState.CANCELLED: REVOKED,
    LineState.CONSUMED: USED_UP,
}


def _release(facts: Facts) -> list[Reason]:
    if facts.release is None or facts.valid_until is None or facts.valid_from is None:
        return [NO_RELEASE(since=facts.visit_since)]
    state = commercial.effective(facts.release, facts.valid_until, facts.now)
    found: list[Reason] = commercial.block_reasons(facts.blocks)
    if state in _RELEASE_STATES and not (state is CommercialState.BLOCKED and found):
        found.append(_RELEASE_STATES[state](since=facts.release_since))
    elif state is CommercialState.EXPIRED:
        found.append(EXPIRED(since=facts.valid_until, until=facts.valid_until.isoformat()))
    elif facts.line in _LINE_STATES:
        found.append(_LINE_STATES[facts.line](since=facts.release_since))
    if facts.now < facts.valid_from:
        found.append(NOT_YET_VALID(begins=facts.valid_from.isoformat()))
    return found


_RIGHT_STATES: Final = {
    RightState.NONE: NO_RIGHT,
    RightState.UNASSIGNED: RIGHT_UNASSIGNED,
    RightState.OFFERED: RIGHT_OFFERED,
    RightState.CONSUMED: CONSUMED,
    RightState.VOID: VOID,
}


def _right(facts: Facts, stage: Stage) -> list[Reason]:
    # A box leaves once under a bill, whatever order or voyage its second right is of.
    gone = facts.gone_box and facts.right is not RightState.CONSUMED
    found = [commercial.GATE_OUT_DONE(box=facts.gone_box)] if gone else []
    if facts.right is None:
        return [*found, NO_RIGHT(since=facts.visit_since)]
    if facts.suspended:
        found.append(right.SUSPENDED(since=facts.right_since))
    if facts.holder_barred:
        found.append(HOLDER_BARRED())
    if facts.right in _RIGHT_STATES:
        return [*found, _RIGHT_STATES[facts.right](since=facts.right_since)]
    return [*found, *_right_at(facts, facts.right, stage)]


def _right_at(facts: Facts, state: RightState, stage: Stage) -> list[Reason]:
    """What is missing in HELD, ASSIGNED and LOCKED_AT_GATE, by who asks."""
    locked = state is RightState.LOCKED_AT_GATE
    if stage is Stage.GATE_OUT:
        if not locked:
            return [NOT_AT_THE_GATE(since=facts.right_since, state=state.value)]
        same = bool(facts.truck_visit_id) and facts.truck_visit_id == facts.asking_truck_visit_id
        return [] if same else [OTHER_TRUCK(since=facts.right_since)]
    if locked:
        return [AT_THE_GATE(since=facts.right_since)]
    if state is RightState.HELD and stage is Stage.GATE_IN:
        return [NO_TRUCK(since=facts.right_since)]
    return []


def _terminal(facts: Facts) -> list[Reason]:
    found = [OTHER_BILL(bill=bill) for bill in facts.other_bills]
    if facts.discharge is not DischargeLight.DISCHARGED:
        found.append(NOT_DISCHARGED(since=facts.visit_since))
    if facts.terminal is not TerminalLight.RELEASED:
        since = facts.terminal_since or facts.visit_since
        found.append(TERMINAL_NOT_RELEASED(since=since, status=facts.terminal.value))
    return found


def _customs(facts: Facts) -> list[Reason]:
    if facts.customs is None:
        return [CUSTOMS_NOT_DECLARED(since=facts.visit_since)]
    if facts.customs is not CustomsLight.RELEASED:
        return [CUSTOMS_NOT_RELEASED(since=facts.customs_since, status=facts.customs.value)]
    return []


def _charges(facts: Facts) -> list[Reason]:
    if facts.charges is ChargesLight.UNKNOWN:
        return [CHARGES_UNKNOWN(since=facts.visit_since)]
    if facts.charges is ChargesLight.DUE:
        return [CHARGES_DUE(since=facts.charges_since)]
    if facts.paid_through_on is not None and facts.paid_through_on < facts.today:
        day = facts.paid_through_on.isoformat()
        return [PAID_THROUGH_PASSED(since=facts.charges_since, day=day)]
    return []
