"""The console's menu: which page, under which words and icon, for whom.

It names the rooms' pages by their endpoints; a page whose room is not installed is left out.
"""

from dataclasses import dataclass
from typing import Final

from flask import current_app

from yidan.http.auth import Principal
from yidan.http.languages import Words
from yidan.kernel.reasons import Role


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of the menu."""

    endpoint: str
    icon: str
    """Name of a file in `templates/web/icons`, without its ending."""
    title: Words
    about: Words
    """One sentence for the overview."""
    scope: str
    """What the person must be allowed; "" for anyone."""
    roles: frozenset[Role] = frozenset(Role)
    """Roles of which the organisation must have one."""


MENU: Final = (
    Item(
        endpoint="waybill_pages.waybills",
        icon="waybill",
        title=("Waybills", "运单"),
        about=(
            "Bills you are a party to, and what happened on them.",
            "贵方参与的运单及其全程记录。",
        ),
        scope="waybill:read",
    ),
    Item(
        endpoint="release_pages.releases",
        icon="release",
        title=("Releases", "放货"),
        about=(
            "What may leave, what is missing, and whose turn it is.",
            "能否提货、还缺什么、该谁办理。",
        ),
        scope="release:read",
    ),
    Item(
        endpoint="title_pages.titles",
        icon="title",
        title=("Titles", "控制权"),
        about=(
            "Who controls the goods, confirmed on the chain.",
            "货物控制权：以链上确认为准。",
        ),
        scope="release:read",
    ),
    Item(
        endpoint="bulk_pages.lots",
        icon="lot",
        title=("Bulk lots", "散货"),
        about=(
            "Balances in kilograms: on hand, pledged, ordered, free.",
            "货垛结存：库存、质押、已下单、可用。",
        ),
        scope="lot:read",
    ),
    Item(
        endpoint="document_pages.documents",
        icon="document",
        title=("Documents", "单证"),
        about=("Issued papers and their PDFs.", "已签发的电子单证及 PDF。"),
        scope="document:read",
    ),
    Item(
        endpoint="release_pages.holds",
        icon="hold",
        title=("Holds", "扣留"),
        about=("Holds you placed or may lift.", "贵方设置或可解除的扣留。"),
        scope="release:read",
        roles=frozenset(
            {
                Role.CUSTOMS,
                Role.REGULATOR,
                Role.TERMINAL,
                Role.BANK,
                Role.CARRIER,
                Role.SHIPPING_AGENT,
            }
        ),
    ),
    Item(
        endpoint="kiosk.lane",
        icon="gate",
        title=("Gate lane", "闸口车道"),
        about=("The kiosk of one lane.", "单车道自助终端。"),
        scope="gate:write",
    ),
    Item(
        endpoint="operations.messages",
        icon="exchange",
        title=("Messages", "报文"),
        about=("What your systems sent, and what became of it.", "贵方系统发送的报文及处理结果。"),
        scope="exchange:write",
    ),
    Item(
        endpoint="operations.operator",
        icon="operator",
        title=("Operations", "运维"),
        about=("Alarms, messages of everybody, the ledger's lag.", "告警、全部报文、账本延迟。"),
        scope="party:admin",
        roles=frozenset({Role.ADMINISTRATOR}),
    ),
    Item(
        endpoint="verify.ask",
        icon="verify",
        title=("Verify", "验真"),
        about=("Check a paper or a proof, without signing in.", "核验单证或证明，无需登录。"),
        scope="",
    ),
)


def menu_for(caller: Principal | None) -> list[Item]:
    """The entries this caller may use."""
    return [item for item in MENU if _fits(item, caller)]


def _fits(item: Item, caller: Principal | None) -> bool:
    if item.endpoint not in current_app.view_functions:
        return False
    if not item.scope:
        return True
    if caller is None or caller.barred:
        return False
    return item.scope in caller.scopes and bool(item.roles & caller.roles)
