"""The read side of orders on the contract, as it has them at depth k, folded from its outcomes."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, exists, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.release.bulk.tables import Lot
from yidan.release.titles import events
from yidan.release.titles.orders import word
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.tables import TitleRow, instruction
from yidan.release.titles.word import TitleState
from yidan.store.columns import Serial
from yidan.store.projections import projects


class ChainOrderRow(SQLModel, table=True):
    """A release order as the contract has it."""

    __tablename__ = "titles_order"
    title: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=Serial)
    word: str
    """The whole word, 64 hex digits."""
    order_id: str = Field(index=True)
    """The platform's order that it stands for; "" where others placed it."""


_ORDER = ChainOrderRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TITLE = TitleRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LOT = Lot.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class ChainOrder:
    """A release order as the contract has it."""

    title: str
    number: int
    word: str
    order_id: str

    @property
    def read(self) -> OrderWord:
        """Its word's fields."""
        return word.read(self.word)


def orders_of_title(connection: Connection, title_id: str) -> list[ChainOrder]:
    """Every order of a title, the first one first."""
    statement = select(_ORDER).where(_ORDER.c.title == title_id).order_by(_ORDER.c.number)
    return [_order(row) for row in connection.execute(statement).mappings()]


def order_on_chain(connection: Connection, order_id: str) -> ChainOrder | None:
    """The contract's order that stands for one of the platform; None before it is confirmed."""
    statement = select(_ORDER).where(_ORDER.c.order_id == order_id)
    row = connection.execute(statement).mappings().first()
    return _order(row) if row else None


def all_orders(connection: Connection) -> list[ChainOrder]:
    """Every order, for a check against the contract."""
    statement = select(_ORDER).order_by(_ORDER.c.title, _ORDER.c.number)
    return [_order(row) for row in connection.execute(statement).mappings()]


def bulk_titles(connection: Connection) -> list[str]:
    """Ids of titles whose surrender was accepted and whose bill has lots, in order."""
    lots = exists().where(
        _LOT.c.carrier == _TITLE.c.carrier,
        _LOT.c.transport_document_reference == _TITLE.c.transport_document_reference,
    )
    statement = select(_TITLE.c.id).where(_TITLE.c.state == TitleState.RELEASING.value, lots)
    return list(connection.execute(statement.order_by(_TITLE.c.id)).scalars())


def _order(row: RowMapping) -> ChainOrder:
    return ChainOrder(**row)


@projects(events.TitleConfirmed)
def _order_confirmed(connection: Connection, recorded: Recorded[events.TitleConfirmed]) -> None:
    happened = recorded.event
    if not happened.order:
        return
    number = word.read(happened.order).number
    mine = (_ORDER.c.title == happened.title, _ORDER.c.number == number)
    changed = connection.execute(update(_ORDER).where(*mine).values(word=happened.order))
    if changed.rowcount == 0:
        asked = instruction(connection, happened.instruction_id)
        values = {
            "title": happened.title,
            "number": number,
            "word": happened.order,
            "order_id": asked.order_id if asked else "",
        }
        connection.execute(insert(_ORDER).values(values))
