"""What pages call roles and times: words in both languages, and the filters templates use.

The Chinese words are those of the docstrings in `kernel.reasons`; a test holds the two together.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from types import MappingProxyType
from typing import Any, Final

from flask import Flask
from flask_babel import format_datetime, format_decimal
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from yidan.http.languages import Words, language, say
from yidan.kernel.events import Event
from yidan.kernel.reasons import ROLE_WORDS, Reason, Role
from yidan.store.standing import EventStanding, Standing

ROLES: Final = ROLE_WORDS
STANDINGS: Final[Mapping[Standing, Words]] = MappingProxyType(
    {
        Standing.RECORDED: ("recorded", "已记录"),
        Standing.LOGGED: ("logged", "已入日志"),
        Standing.CHECKPOINTED: ("witnessed", "已见证"),
        Standing.ANCHORED: ("anchored on the chain", "已上链"),
    }
)

DETAILS: Final = (
    "equipment_reference",
    "plate",
    "un_location_code",
    "transport_reference",
    "status",
    "delivery_order_reference",
    "number",
)
"""Fields of events that tell a reader at a glance what they are about."""
INSTANT: Final = "yyyy-MM-dd HH:mm"
"""How a page writes an instant, in the site's zone."""


def install(app: Flask) -> None:
    """Give an application's templates their filters and words."""
    app.add_template_global(say)
    app.add_template_global(language)
    for filter_ in (
        when,
        kg,
        role,
        roles,
        words,
        said,
        proof,
        happened,
        details,
        pretty,
        json_text,
    ):
        app.add_template_filter(_at_run_time(filter_), filter_.__name__)


def _at_run_time(shown: Callable[[Any], object]) -> Callable[[Context, Any], object]:
    """A filter that Jinja leaves alone until a page is made.

    Otherwise it would work out `"carrier" | role` once, in the language of whoever came first.
    """

    @pass_context
    @wraps(shown)
    def show(_context: Context, value: Any) -> object:
        return shown(value)

    return show


def when(instant: datetime | None) -> Markup:
    """An instant as the site's clocks show it; the exact one stands in the element."""
    if instant is None:
        return Markup("—")
    shown = format_datetime(instant, INSTANT)
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), shown)


def kg(quantity_kg: int | None) -> str:
    """Kilograms, grouped."""
    return "—" if quantity_kg is None else f"{format_decimal(quantity_kg)} kg"


def role(of: Role | str | None) -> str:
    """What a role is called."""
    return say(*ROLES[Role(of)]) if of else "—"


def roles(of: Iterable[Role]) -> str:
    """Several roles in one line."""
    return say(", ", "、").join(role(one) for one in sorted(of)) or "—"


def words(pair: Words) -> str:
    """The one of two texts that fits."""
    return say(*pair)


def said(reason: Reason) -> str:
    """A reason's text."""
    return reason.text(language())


def proof(of: EventStanding | None) -> Markup:
    """How far an event's proof has come, with its leaf."""
    standing = of.standing if of else Standing.RECORDED
    tone = "yes" if standing in (Standing.ANCHORED, Standing.CHECKPOINTED) else "plain"
    leaf = "" if of is None or of.index is None else f" · {say('leaf', '叶')} {of.index}"
    shown = say(*STANDINGS[standing])
    return Markup('<span class="pill pill-{}">{}{}</span>').format(tone, shown, leaf)


def happened(event: Event) -> str:
    """What an event says happened: the first sentence of its type, Chinese where it has it."""
    text = " ".join((type(event).__doc__ or "").split("\n\n")[0].split())
    chinese = re.search(r"\(([^()]*[一-鿿][^()]*)\)", text)
    if language() == "zh" and chinese:
        return re.split("[,:;，]", chinese[1])[0].strip()
    english = re.sub(r" ?\([^()]*[一-鿿][^()]*\)", "", text)
    return re.split(r"(?<=[a-z])[.;]", english)[0].rstrip(".")


def details(event: Event) -> list[str]:
    """What an event speaks of, in short: box, plate, place, status."""
    found = [getattr(event, name, "") for name in DETAILS]
    return [str(one) for one in found if isinstance(one, str) and one]


def pretty(value: Mapping[str, object]) -> str:
    """JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def json_text(value: object) -> str:
    """One JSON value in a line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_FILTERS: Final[tuple[Callable[[Any], object], ...]] = (
    when,
    kg,
    role,
    roles,
    words,
    said,
    proof,
    happened,
    details,
    pretty,
    json_text,
)
