"""Alembic's entry: runs the versions on the connection and metadata that were handed in."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, LargeBinary

from yidan.store.columns import Instant, Json

_PLAIN = {Instant: "sa.Text()", Json: "sa.Text()"}


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as what they are stored as, so that old versions stay true."""
    if kind != "type":
        return False
    for own, plain in _PLAIN.items():
        if isinstance(item, own):
            return plain
    if isinstance(item, BigInteger):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if type(item).__name__ == "AutoString":
        return "sa.String()"
    return "sa.LargeBinary()" if isinstance(item, LargeBinary) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
context.run_migrations()
