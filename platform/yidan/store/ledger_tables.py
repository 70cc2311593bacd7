"""Tables of the release log and of submission to the chain (LEDGER 5, 6, 8).

These rows are operational: they follow from events and can be recomputed or asked from the chain
again; `yidan fsck` compares.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from yidan.store.columns import Instant, Json, Serial


class LogLeaf(SQLModel, table=True):
    """Which event is which leaf: one leaf an event, indices without gaps from 0."""

    __tablename__ = "log_leaf"
    index: int = Field(primary_key=True, sa_type=Serial)
    event_id: str = Field(unique=True, foreign_key="event.event_id")
    leaf_hash: bytes = Field(sa_type=LargeBinary)
    logged_at: datetime = Field(sa_type=Instant)


class LogTile(SQLModel, table=True):
    """A tile of the Merkle tree, up to 256 hashes of 32 bytes (C2SP tlog-tiles)."""

    __tablename__ = "log_tile"
    level: int = Field(primary_key=True)
    index: int = Field(primary_key=True, sa_type=Serial)
    data: bytes = Field(sa_type=LargeBinary)


class LogCheckpoint(SQLModel, table=True):
    """A signed checkpoint and what the witnesses added to it."""

    __tablename__ = "log_checkpoint"
    size: int = Field(primary_key=True, sa_type=Serial)
    root: bytes = Field(sa_type=LargeBinary)
    signed_at: datetime = Field(sa_type=Instant)
    note: bytes = Field(sa_type=LargeBinary)
    """The signed note with all cosignatures that arrived."""
    bls_aggregate: bytes = Field(default=b"", sa_type=LargeBinary)
    bls_signers: str = ""
    """Signers and time of the aggregate as the anchor's one 256-bit word, in decimal."""
    cosigned_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    """When the witness policy was met; None until then."""


class LedgerState(SQLModel, table=True):
    """One row: whether releases are stopped, and why (LEDGER 0.8)."""

    __tablename__ = "ledger_state"
    id: int = Field(primary_key=True)
    stopped_reason: str = ""
    since: datetime | None = Field(default=None, sa_type=Instant)
    restored_from: str = ""
    """Which backup this database came from, until the witnesses have seen no longer log."""


class ChainSender(SQLModel, table=True):
    """The next nonce of the one sender on a chain; the row that is locked while one is taken."""

    __tablename__ = "chain_sender"
    chain_id: int = Field(primary_key=True, sa_type=Serial)
    address: str = Field(primary_key=True)
    next_nonce: int = Field(sa_type=Serial)


class ChainInstruction(SQLModel, table=True):
    """Something to be done on the chain, once: an anchor, nullifiers, a title's step."""

    __tablename__ = "chain_instruction"
    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    key: str = Field(unique=True)
    """What makes it the same instruction, e.g. `anchor:1200` or `nullify:37`."""
    kind: str = Field(index=True)
    payload: Any = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    nonce: int | None = Field(default=None, sa_type=Serial)
    state: str = Field(index=True)
    """`planned`, `sent`, `mined`, `confirmed`, `reverted` or `cancelled`."""
    block_number: int | None = Field(default=None, sa_type=Serial)
    block_hash: str = ""
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    detail: str = ""
    """Transaction hash that was mined, or the revert reason."""


class ChainCursor(SQLModel, table=True):
    """How far the contract's logs were recorded as events: the newest block at depth k."""

    __tablename__ = "chain_cursor"
    contract: str = Field(primary_key=True)
    number: int = Field(sa_type=Serial)


class ChainBlock(SQLModel, table=True):
    """A block that was followed, from the cursor's on; what was confirmed before is forgotten."""

    __tablename__ = "chain_block"
    number: int = Field(primary_key=True, sa_type=Serial)
    hash: str
    parent_hash: str
    timestamp: int = Field(sa_type=Serial)


class ChainLog(SQLModel, table=True):
    """A log of the contract in a followed block; one of an unknown event is kept for ever."""

    __tablename__ = "chain_log"
    block_hash: str = Field(primary_key=True)
    index: int = Field(primary_key=True)
    block_number: int = Field(sa_type=Serial, index=True)
    transaction_hash: str
    topics: Any = Field(sa_type=Json)
    data: bytes = Field(sa_type=LargeBinary)
    unknown: bool = False


class ChainRelayed(SQLModel, table=True):
    """A party's signed instruction in the batch that carries it, known by its EIP-712 digest."""

    __tablename__ = "chain_relayed"
    digest: str = Field(primary_key=True)
    instruction_id: str = Field(index=True)
    batch: str
    """Key of the chain instruction that relays it."""


class ChainAttempt(SQLModel, table=True):
    """One signed transaction for an instruction: raw bytes stored before they are sent."""

    __tablename__ = "chain_attempt"
    transaction_hash: str = Field(primary_key=True)
    instruction_id: int = Field(index=True, sa_type=Serial, foreign_key="chain_instruction.id")
    nonce: int = Field(sa_type=Serial)
    raw: bytes = Field(sa_type=LargeBinary)
    fees_wei: str
    """Fee cap and tip per gas, "max/tip"."""
    signed_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    cancels: bool = False
    """It is the zero-value transfer to oneself that takes the nonce back."""
