"""The words for code values on a printed document, Chinese and English side by side (代码含义)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, Mapping[str | bool, str]]] = MappingProxyType(
    {
        "mode": {
            "RAIL": "铁路 Rail",
            "ROAD": "公路 Road",
            "SEA": "海运 Sea",
            "BARGE": "内河 Barge",
        },
        "role": {
            "SHIPPER": "托运人 Shipper",
            "CONSIGNEE": "收货人 Consignee",
            "NOTIFY_PARTY": "通知方 Notify party",
            "FORWARDER": "货运代理 Forwarder",
            "CARRIER": "承运人 Carrier",
            "SHIPPING_AGENT": "船舶代理 Shipping agent",
            "TERMINAL": "码头/堆场 Terminal",
            "RAIL_OPERATOR": "铁路 Rail operator",
            "HAULIER": "车队 Haulier",
            "DEPOT": "堆场 Depot",
        },
        "fullness": {"FULL": "重 Full", "EMPTY": "空 Empty"},
        "freightPayment": {"PREPAID": "预付 Prepaid", "COLLECT": "到付 Collect"},
        "negotiable": {True: "可转让 Negotiable", False: "不可转让 Non-negotiable"},
        "customs": {"RELEASED": "已放行 Released", "NOT_RELEASED": "未放行 Not released"},
        "direction": {"OUT": "出场 Gate-out", "IN": "进场 Gate-in"},
        "purpose": {
            "IMPORT_LADEN": "进口提重 Import, laden",
            "EXPORT_LADEN": "出口进重 Export, laden",
            "EMPTY_RETURN": "返还空箱 Empty return",
            "EMPTY_PICKUP": "提空箱 Empty pick-up",
            "REPAIR": "修理 Repair",
            "INSPECTION": "查验 Inspection",
        },
        "seal": {
            "CARRIER": "铅封 Carrier",
            "CUSTOMS": "关封 Customs",
            "SHIPPER": "托运人封 Shipper",
            "TERMINAL": "码头封 Terminal",
        },
        "sealCondition": {
            "INTACT": "完好 Intact",
            "BROKEN": "破损 Broken",
            "MISSING": "缺失 Missing",
        },
        "condition": {"SOUND": "完好 Sound", "DAMAGED": "残损 Damaged"},
    }
)
"""For each code list: value to words."""


def word(value: str | bool, listed: str) -> str:  # noqa: FBT001 - a Jinja filter, value first
    """The words for a value of a code list, or the value itself where the list has none."""
    return WORDS[listed].get(value, str(value))
