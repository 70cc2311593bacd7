"""Rows of the submission side: instructions and nonces, attempts and raw bytes.

When to do what is decided by `ledger.chain.rules`; here it is only remembered, before it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.kernel.content import JsonValue
from yidan.store.ledger_tables import ChainAttempt, ChainInstruction, ChainSender

_SENDER = ChainSender.__table__  # type: ignore[attr-defined]  # set by SQLModel
_INSTRUCTION = ChainInstruction.__table__  # type: ignore[attr-defined]  # set by SQLModel
_ATTEMPT = ChainAttempt.__table__  # type: ignore[attr-defined]  # set by SQLModel

OPEN: Final = ("planned", "sent", "mined")
"""States in which something is still to be done."""
LOOKED_BACK: Final = 500
"""So many of the newest instructions are looked at for one that a reorganisation took back."""


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction as stored."""

    id: int
    key: str
    kind: str
    payload: JsonValue
    created_at: datetime
    nonce: int
    state: str
    block_number: int | None
    block_hash: str
    confirmed_at: datetime | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One signed transaction as stored."""

    transaction_hash: str
    instruction_id: int
    nonce: int
    raw: bytes
    fees_wei: str
    signed_at: datetime
    sent_at: datetime | None
    cancels: bool = False


def know_sender(connection: Connection, chain_id: int, address: str, first_nonce: int) -> None:
    """Begin counting a sender's nonces, once."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    connection.execute(
        make(_SENDER)
        .values(chain_id=chain_id, address=address, next_nonce=first_nonce)
        .on_conflict_do_nothing()
    )


def next_nonce(connection: Connection, chain_id: int, address: str) -> int:
    """The nonce that the sender's next instruction gets."""
    statement = select(_SENDER.c.next_nonce).where(
        _SENDER.c.chain_id == chain_id, _SENDER.c.address == address
    )
    return int(connection.execute(statement).scalar_one())


def plan(
    connection: Connection,
    *,
    chain_id: int,
    address: str,
    key: str,
    kind: str,
    payload: JsonValue,
    now: datetime,
) -> int | None:
    """Plan an instruction with the sender's next nonce; None if this key was planned before."""
    sender = (_SENDER.c.chain_id == chain_id, _SENDER.c.address == address)
    nonce = connection.execute(
        select(_SENDER.c.next_nonce).where(*sender).with_for_update()
    ).scalar_one()
    known = select(_INSTRUCTION.c.id).where(_INSTRUCTION.c.key == key)
    if connection.execute(known).first() is not None:
        return None
    connection.execute(
        insert(_INSTRUCTION).values(
            key=key,
            kind=kind,
            payload=payload,
            created_at=now,
            nonce=nonce,
            state="planned",
            block_hash="",
            detail="",
        )
    )
    connection.execute(update(_SENDER).where(*sender).values(next_nonce=nonce + 1))
    return int(nonce)


def open_instructions(connection: Connection, *, limit: int = 50) -> list[Instruction]:
    """What is not final yet, lowest nonce first."""
    statement = (
        select(_INSTRUCTION)
        .where(_INSTRUCTION.c.state.in_(OPEN))
        .order_by(_INSTRUCTION.c.nonce)
        .limit(limit)
    )
    return [
        Instruction(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement)
    ]


def finished_from(connection: Connection, nonce: int) -> list[Instruction]:
    """What counts as final although the account, at this nonce, has not sent it (any more)."""
    newest_ids = select(_INSTRUCTION.c.id).order_by(_INSTRUCTION.c.id.desc()).limit(LOOKED_BACK)
    statement = select(_INSTRUCTION).where(
        _INSTRUCTION.c.id.in_(newest_ids.scalar_subquery()),
        _INSTRUCTION.c.state.not_in(OPEN),
        _INSTRUCTION.c.nonce >= nonce,
    )
    return [
        Instruction(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement.order_by(_INSTRUCTION.c.nonce))
    ]


def all_of(connection: Connection, kind: str) -> list[tuple[Instruction, list[Attempt]]]:
    """Every instruction of a kind, lowest nonce first, with its attempts."""
    statement = select(_INSTRUCTION).where(_INSTRUCTION.c.kind == kind)
    found = [
        Instruction(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement.order_by(_INSTRUCTION.c.nonce))
    ]
    attempts: dict[int, list[Attempt]] = {}
    made = select(_ATTEMPT).join(_INSTRUCTION, _INSTRUCTION.c.id == _ATTEMPT.c.instruction_id)
    for row in connection.execute(made.where(_INSTRUCTION.c.kind == kind)):
        attempt = Attempt(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        attempts.setdefault(attempt.instruction_id, []).append(attempt)
    return [(one, attempts.get(one.id, [])) for one in found]


def find(connection: Connection, key: str) -> Instruction | None:
    """An instruction by what makes it the same one."""
    row = connection.execute(select(_INSTRUCTION).where(_INSTRUCTION.c.key == key)).one_or_none()
    return Instruction(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def is_open(connection: Connection, kind: str) -> bool:
    """Whether an instruction of a kind is under way."""
    statement = select(_INSTRUCTION.c.id).where(
        _INSTRUCTION.c.kind == kind, _INSTRUCTION.c.state.in_(OPEN)
    )
    return connection.execute(statement.limit(1)).first() is not None


def confirmed(connection: Connection, kind: str) -> list[Instruction]:
    """The confirmed instructions of a kind, lowest nonce first."""
    statement = select(_INSTRUCTION).where(
        _INSTRUCTION.c.kind == kind, _INSTRUCTION.c.state == "confirmed"
    )
    return [
        Instruction(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement.order_by(_INSTRUCTION.c.nonce))
    ]


def newest(connection: Connection, kind: str, *, state: str | None = None) -> Instruction | None:
    """The newest instruction of a kind, in a state if one is named."""
    statement = select(_INSTRUCTION).where(_INSTRUCTION.c.kind == kind)
    if state is not None:
        statement = statement.where(_INSTRUCTION.c.state == state)
    row = connection.execute(statement.order_by(_INSTRUCTION.c.nonce.desc()).limit(1)).one_or_none()
    return Instruction(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def attempts_of(connection: Connection, instruction_ids: Sequence[int]) -> list[Attempt]:
    """The attempts of instructions, oldest first."""
    statement = (
        select(_ATTEMPT)
        .where(_ATTEMPT.c.instruction_id.in_(instruction_ids))
        .order_by(_ATTEMPT.c.signed_at)
    )
    return [
        Attempt(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement)
    ]


def keep_attempt(connection: Connection, attempt: Attempt) -> None:
    """Keep a signed transaction, before it is sent."""
    connection.execute(insert(_ATTEMPT).values(**attempt.__dict__))


def sent(connection: Connection, attempt_hash: str, instruction_id: int, *, now: datetime) -> None:
    """Note that bytes were broadcast."""
    connection.execute(
        update(_ATTEMPT).where(_ATTEMPT.c.transaction_hash == attempt_hash).values(sent_at=now)
    )
    connection.execute(
        update(_INSTRUCTION)
        .where(_INSTRUCTION.c.id == instruction_id, _INSTRUCTION.c.state == "planned")
        .values(state="sent")
    )


def advance(
    connection: Connection,
    instruction_id: int,
    state: str,
    *,
    block_number: int | None = None,
    block_hash: str = "",
    detail: str = "",
    now: datetime | None = None,
) -> None:
    """Note what the chain says of an instruction; `now` where it is confirmed."""
    connection.execute(
        update(_INSTRUCTION)
        .where(_INSTRUCTION.c.id == instruction_id)
        .values(
            state=state,
            block_number=block_number,
            block_hash=block_hash,
            detail=detail,
            confirmed_at=now,
        )
    )


def plan_anew(
    connection: Connection, cancelled: Instruction, chain_id: int, address: str, *, now: datetime
) -> None:
    """Give a cancelled instruction's work a new nonce; the old row stays, under another key."""
    connection.execute(
        update(_INSTRUCTION)
        .where(_INSTRUCTION.c.id == cancelled.id)
        .values(key=cancelled.key + _of_nonce(cancelled))
    )
    plan(
        connection,
        chain_id=chain_id,
        address=address,
        key=cancelled.key,
        kind=cancelled.kind,
        payload=cancelled.payload,
        now=now,
    )


def was_planned_anew(cancelled: Instruction) -> bool:
    """Whether a cancelled instruction's work has another nonce already."""
    return cancelled.key.endswith(_of_nonce(cancelled))


def _of_nonce(cancelled: Instruction) -> str:
    return f"#{cancelled.nonce}"


def count_open(connection: Connection) -> int:
    """How many instructions are not final."""
    statement = select(func.count()).select_from(
        select(_INSTRUCTION.c.id).where(_INSTRUCTION.c.state.in_(OPEN)).limit(10_000).subquery()
    )
    return int(connection.execute(statement).scalar_one())
