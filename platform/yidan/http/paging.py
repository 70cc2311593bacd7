"""Cursors: where the next page of a list begins. No offsets, whose cost grows (QUALITY P9)."""

import base64
import binascii
import json
from typing import Annotated

from pydantic import Field

from yidan.http.models import QueryModel
from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import reason

WRONG_CURSOR = reason(
    "cursor-unknown",
    en="This cursor is not one the platform gave; begin again without it.",
    zh="该游标不是平台给出的；请去掉后重新开始。",
)


class PageQuery(QueryModel):
    """How much of a list, and from where."""

    limit: int = Field(default=50, ge=1, le=200)
    """How many items at most."""
    cursor: Annotated[str, Field(max_length=400)] = ""
    """`nextCursor` of the page before; empty: from the newest."""


def cursor_of(*keys: str) -> str:
    """The cursor after the item with these sort keys."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def keys_of(cursor: str, count: int) -> tuple[str, ...] | None:
    """The sort keys in a cursor; None for the empty one.

    Raises:
        InvalidError: the cursor is not one of ours.
    """
    if not cursor:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidError(WRONG_CURSOR(at="/cursor")) from None
    if not isinstance(keys, list) or len(keys) != count:
        raise InvalidError(WRONG_CURSOR(at="/cursor"))
    if not all(isinstance(key, str) and "\0" not in key for key in keys):
        raise InvalidError(WRONG_CURSOR(at="/cursor"))
    return tuple(keys)
