"""Column types that mean the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator
from typing_extensions import override

from yidan.kernel.content import instant_to_text, text_to_instant


class Instant(TypeDecorator[datetime]):
    """An instant in UTC with microseconds, stored as sortable text; aware on both databases."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant_to_text(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else text_to_instant(value).astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON values kept as compact text with sorted keys, so that equal values are equal rows."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


Serial = BigInteger().with_variant(Integer, "sqlite")
"""Auto-incrementing 64-bit key (SQLite increments only plain INTEGER keys)."""
