"""What people call states, acts, holds and gates of titles, in both languages, and their looks.

Looks as in `release.wording`: `yes` lets goods go, `look` waits for somebody, `no` stops them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Words
from yidan.release.titles.events import Act
from yidan.release.titles.rules.guards import STATE_WORDS
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.word import TitleState

_LOOKS: Final[Mapping[TitleState, str]] = MappingProxyType(
    {
        TitleState.ACTIVE: "yes",
        TitleState.PENDING: "look",
        TitleState.SURRENDERED: "look",
        TitleState.RELEASING: "yes",
        TitleState.AMENDMENT: "look",
    }
)
STATES: Final[Mapping[TitleState, tuple[Words, str]]] = MappingProxyType(
    {state: (STATE_WORDS[state.value], _LOOKS.get(state, "plain")) for state in TitleState}
)
ACTS: Final[Mapping[Act, Words]] = MappingProxyType(
    {
        Act.ISSUE: ("issue", "签发"),
        Act.TRANSFER: ("transfer", "转让"),
        Act.PROPOSE: ("offer", "提出转让"),
        Act.ACCEPT: ("accept the offer", "接受转让"),
        Act.DECLINE: ("decline the offer", "拒绝转让"),
        Act.RECLAIM: ("end the lapsed offer", "收回过期要约"),
        Act.SURRENDER: ("surrender for delivery", "交单提货"),
        Act.SURRENDER_PLEDGED: ("surrender with the pledgee's consent", "经质权人同意交单"),
        Act.ACCEPT_SURRENDER: ("accept the surrender", "接受交单"),
        Act.REJECT_SURRENDER: ("reject the surrender", "退回交单"),
        Act.SURRENDER_FOR_AMENDMENT: ("split, merge, reissue or void", "拆单、并单、改单或作废"),
        Act.REPLACE: ("issue what was asked for", "按申请改单"),
        Act.REJECT_AMENDMENT: ("reject the amendment", "退回改单"),
        Act.SWITCH_BACK: ("take the paper back, issue again", "收回纸质并重新签发"),
        Act.SWITCH_TO_PAPER: ("put it on paper", "转为纸质单证"),
        Act.PLEDGE: ("pledge", "质押"),
        Act.DISCHARGE: ("discharge the pledge", "解除质押"),
        Act.ASSIGN_PLEDGE: ("assign the pledge", "转让质权"),
        Act.GIVE_NOTICE: ("give notice of foreclosure", "通知实现质权"),
        Act.WITHDRAW_NOTICE: ("withdraw the notice", "撤回实现质权通知"),
        Act.FORECLOSE: ("foreclose", "实现质权"),
        Act.HOLD: ("hold", "扣留"),
        Act.UNHOLD: ("lift the hold", "解除扣留"),
        Act.SATISFY: ("satisfy the gate", "满足放行条件"),
        Act.UNSATISFY: ("take the gate back", "撤回放行条件"),
        Act.ORDER: ("order", "提货指令"),
        Act.COLLECT: ("collect", "累计提货"),
        Act.REVOKE_ORDER: ("revoke the order", "撤销提货指令"),
        Act.CLOSE_WITH_TOLERANCE: ("close with a shortage", "短重结案"),
    }
)
INSTRUCTION_STATES: Final[Mapping[InstructionState, tuple[Words, str]]] = MappingProxyType(
    {
        InstructionState.AWAITING_CONSENT: (("awaits consent", "待对方同意"), "look"),
        InstructionState.AWAITING_SIGNATURE: (("awaits signature", "待签署"), "look"),
        InstructionState.READY: (("awaits the chain", "待链上确认"), "look"),
        InstructionState.CONFIRMED: (("confirmed", "已确认"), "yes"),
        InstructionState.REFUSED: (("refused", "已拒绝"), "no"),
        InstructionState.WITHDRAWN: (("withdrawn", "已撤回"), "plain"),
    }
)
AUTHORITY_NAMES: Final[Mapping[Authority, Words]] = MappingProxyType(
    {
        Authority.CUSTOMS: ("customs", "海关"),
        Authority.QUARANTINE: ("quarantine", "检疫"),
        Authority.TERMINAL: ("terminal", "码头"),
        Authority.CARRIER: ("carrier", "船公司"),
        Authority.COURT: ("court", "法院"),
        Authority.BANK: ("bank", "银行"),
        Authority.PORT_AUTHORITY: ("port authority", "港口主管机关"),
        Authority.SECURITY: ("security", "安全"),
    }
)
GATE_NAMES: Final[Mapping[Gate, Words]] = MappingProxyType(
    {
        Gate.CARRIER: ("carrier", "船公司"),
        Gate.CUSTOMS: ("customs", "海关"),
        Gate.PAYMENT: ("payment", "货款"),
        Gate.TERMINAL_CHARGES: ("terminal charges", "码头费用"),
        Gate.QUARANTINE: ("quarantine", "检疫"),
    }
)
HAPPENED: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "Issued": ("issued", "已签发"),
        "Transferred": ("transferred", "已转让"),
        "Proposed": ("offered", "已提出转让"),
        "Accepted": ("offer accepted", "已接受转让"),
        "Declined": ("offer declined", "已拒绝转让"),
        "Reclaimed": ("lapsed offer ended", "要约过期收回"),
        "EndorsedInBlank": ("endorsed in blank", "已空白背书"),
        "Surrendered": ("surrendered", "已交单"),
        "SurrenderAccepted": ("surrender accepted", "交单已接受"),
        "SurrenderRejected": ("surrender rejected", "交单已退回"),
        "SurrenderedForAmendment": ("surrendered for amendment", "已交单改单"),
        "AmendmentRejected": ("amendment rejected", "改单已退回"),
        "Replaced": ("replaced by others", "已由新单证取代"),
        "PledgeMade": ("pledged", "已质押"),
        "PledgeAssigned": ("pledge assigned", "质权已转让"),
        "PledgeDischarged": ("pledge discharged", "质押已解除"),
        "NoticeGiven": ("notice of foreclosure given", "已通知实现质权"),
        "NoticeWithdrawn": ("notice withdrawn", "实现质权通知已撤回"),
        "Foreclosed": ("foreclosed", "质权已实现"),
        "Held": ("held", "已扣留"),
        "Unheld": ("hold lifted", "扣留已解除"),
        "GateSatisfied": ("gate satisfied", "放行条件已满足"),
        "GateUnsatisfied": ("gate taken back", "放行条件已撤回"),
        "Indemnified": ("goods left against a letter of indemnity", "已凭保函放货"),
        "Seized": ("seized", "已依法扣押"),
        "Ordered": ("release order placed", "已签发提货指令"),
        "OrderRevoked": ("release order revoked", "提货指令已撤销"),
        "Renominated": ("another nominee named", "已变更提货人"),
        "Collected": ("collected", "已提货"),
        "Closed": ("closed within tolerance", "已按溢短装结清"),
        "Released": ("delivered", "已提清"),
        "SwitchedToPaper": ("switched to paper", "已转纸质"),
        "SwitchedBack": ("switched back from paper", "已由纸质转回"),
        "Migrated": ("migrated to the next ledger", "已迁移至后继账本"),
        "Adopted": ("adopted from the ledger before", "已自前任账本接收"),
    }
)
"""The contract's events that carry a title's word; what a later contract adds is shown by name."""


def happened(name: str) -> Words:
    """What an event of the contract says."""
    return HAPPENED.get(name, (name, name))
