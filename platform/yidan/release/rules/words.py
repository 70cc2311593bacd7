"""What lights, states and kinds of hold are called in texts for people (English, 中文).

Codes stay in a reason's `code` and parameters; its text says these words.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Words

RELEASE_STATES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "none": ("not granted", "未放货"),
        "under_review": ("under review", "审核中"),
        "pending_terminal_ack": ("waiting for the terminal", "待码头确认"),
        "granted": ("granted", "已放货"),
        "blocked": ("blocked", "已冻结"),
        "revoked": ("revoked", "已撤销"),
        "expired": ("expired", "已过期"),
        "accomplished": ("done: all boxes have left", "全部提离"),
    }
)
RIGHT_STATES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "none": ("not there yet", "尚未生成"),
        "unassigned": ("without a holder", "未指定持有人"),
        "held": ("held", "持有"),
        "offered": ("offered to another party", "转让中"),
        "assigned": ("assigned to a truck", "已派车"),
        "locked_at_gate": ("locked to a truck inside", "车辆已进场"),
        "consumed": ("used: the box has left", "已提离"),
        "void": ("void", "已作废"),
    }
)
ORDER_STATES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "none": ("not placed yet", "未下达"),
        "active": ("active", "有效"),
        "suspended": ("suspended", "已暂停"),
        "exhausted": ("delivered in full", "已提完"),
        "cancelled": ("cancelled", "已取消"),
    }
)
TASK_STATES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "none": ("not planned yet", "未计划"),
        "reserved": ("planned", "已预留"),
        "arrived": ("weighed empty", "已空磅"),
        "weighed": ("weighed loaded", "已重磅"),
        "over_hold": ("held as overloaded", "超装待卸"),
        "delivered": ("done: the truck has left", "已提离"),
        "aborted": ("given up", "已取消"),
    }
)
TERMINAL: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "unknown": ("not said yet", "未知"),
        "released": ("released", "已放行"),
        "blocked": ("blocked", "已拦截"),
    }
)
CUSTOMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "notreleased": ("not released", "未放行"),
        "selectedforscan": ("selected for scan", "机检查验"),
        "documentarycontrol": ("papers under control", "单证审核"),
        "quarantine": ("quarantine", "检疫"),
        "portequalisation": ("sent to another port", "转场"),
        "transhipment": ("transhipment", "转运"),
        "released": ("released", "已放行"),
    }
)
HOLD_KINDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "CUSTOMS": ("customs", "海关"),
        "QUARANTINE": ("quarantine", "检疫"),
        "CARRIER": ("carrier", "船公司"),
        "TERMINAL": ("terminal", "码头"),
        "PORT_DUES": ("port dues", "港口费用"),
        "PLEDGE": ("pledge", "质押"),
        "COURT": ("court", "法院"),
        "DAMAGE": ("damage", "残损"),
        "SECURITY": ("security", "安全"),
        "DG": ("dangerous goods", "危险品"),
    }
)
QUANTITIES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "bill": ("bill's", "提单"),
        "outturn": ("outturn", "卸货实重"),
        "customs": ("customs-released", "海关放行"),
        "title": ("title-released", "货权放行"),
    }
)
_GUARDIANS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "bill": ("Bill {key}", "提单 {key}"),
        "box": ("Box {key}", "箱 {key}"),
        "vehicle": ("Truck {key}", "车辆 {key}"),
        "visit": ("This visit of the box", "该箱本次到港"),
        "lot": ("The lot", "该货垛"),
        "organisation": ("A party to these goods", "该货物的一方企业"),
    }
)


def guardian(subject: str) -> Words:
    """What a hold hangs on, in words: numbers people know are shown, ids are not."""
    kind, _, key = subject.partition(":")
    en, zh = _GUARDIANS.get(kind, (subject, subject))
    return en.replace("{key}", key), zh.replace("{key}", key)
