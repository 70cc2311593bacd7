"""`yidan fsck`: recompute the log from the events; compare leaves, tiles, checkpoints and anchors.

What is wrong with what is `ledger.fsck`'s business; here the rows and the chain are handed to it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address
from sqlalchemy import Connection, Engine

from ledger import checkpoint as checkpoints
from ledger import commitment, fsck, succession_files
from ledger.chain.client import BORN, ChainClient, ChainUnavailableError, WrongChainError
from ledger.chain.events import Anchor, anchor_of_log, topic
from ledger.chain.instructions import call_data
from ledger.chain.node.readonly import open_readonly
from ledger.policy import Policy, PolicyError
from ledger.succession import History
from yidan.config import Settings
from yidan.proof import setup, successions
from yidan.release.bulk.tables import find_order
from yidan.release.titles import tables, word
from yidan.release.titles.orders.tables import ChainOrder, all_orders
from yidan.store import chain, erasing, events, following, log
from yidan.store.engine import reading
from yidan.store.events import Stored


@dataclass(frozen=True)
class Report:
    """What a check of the log saw."""

    leaves: int
    checkpoints: int
    anchors: int
    not_logged: int
    erased: tuple[str, ...]
    """Event ids whose content was erased: their stored commitment was taken as it is."""
    findings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**self.__dict__, "erased": list(self.erased), "findings": list(self.findings)}

    def as_text(self) -> str:
        """One finding a line, then a summary."""
        summary = (
            f"{self.leaves} leaves, {self.checkpoints} checkpoints, {self.anchors} anchors checked;"
            f" {self.not_logged} events not logged yet, {len(self.erased)} erased,"
            f" {len(self.findings)} findings"
        )
        return "\n".join([*self.findings, summary])


def check(engine: Engine, settings: Settings) -> Report:
    """Recompute everything from the events and compare.

    Raises:
        ChainUnavailableError: the policy names a chain that can be neither asked nor read.
    """
    trust = setup.read_trust(settings) if setup.policy_path(settings).exists() else None
    newest = trust.newest if trust else None
    anchors = _anchors(settings, newest)
    words = _check_words(engine, settings, newest)
    with reading(engine) as connection:
        stored = {one.event_id: one for one in events.all_of(connection)}
        leaves = list(log.leaves(connection))
        noted = list(log.checkpoints(connection))
        erased_by = erasing.kept_contents(connection)
        findings = [
            *_check_events(stored, erased_by.keys()),
            *_check_log(connection, settings, stored, leaves, noted, anchors),
            *check_notes(trust, noted),
            *check_successions(connection, settings),
            *_check_confirmed(connection, anchors),
            *words,
        ]
    return Report(
        leaves=len(leaves),
        checkpoints=len(noted),
        anchors=len(anchors),
        not_logged=len(stored.keys() - {leaf.event_id for leaf in leaves}),
        erased=tuple(one.event_id for one in stored.values() if one.salt is None),
        findings=tuple(findings),
    )


def recomputed(found: Stored) -> bytes:
    """An event's commitment made anew; as stored where its content was erased."""
    if found.salt is None:
        return found.commitment
    if found.recorded is None:
        return b""
    document: Any = events.committed_document(found.recorded)
    return commitment.commit(document, found.salt)


def _check_events(stored: dict[str, Stored], erased: Collection[str]) -> Iterator[str]:
    for found in stored.values():
        if found.salt is None and found.event_id not in erased:
            yield f"event {found.event_id}: its content is gone, and no event erased it"
        if recomputed(found) != found.commitment:
            yield f"event {found.event_id}: its row or content does not match its commitment"


def _check_log(  # noqa: PLR0917 - everything that is compared
    connection: Connection,
    settings: Settings,
    stored: dict[str, Stored],
    leaves: list[log.Leaf],
    noted: list[log.Checkpoint],
    anchors: list[Anchor],
) -> Iterator[str]:
    rows = (
        fsck.Leaf(
            leaf.index,
            leaf.event_id,
            leaf.leaf_hash,
            recomputed(stored[leaf.event_id]) if leaf.event_id in stored else None,
        )
        for leaf in leaves
    )
    found = fsck.check_log(
        settings.log_origin,
        rows,
        log.DatabaseTiles(connection),
        {checkpoint.size: checkpoint.root for checkpoint in noted},
        {anchor.size: anchor.root for anchor in anchors},
    )
    for finding in found:
        yield finding.line()


def check_notes(trust: History | None, noted: list[log.Checkpoint]) -> Iterator[str]:
    """Hold each cosigned checkpoint to the policy of its size."""
    for checkpoint in noted:
        if trust is not None and checkpoint.cosigned_at is not None:
            yield from _check_note(trust, checkpoint)


def _check_note(trust: History, checkpoint: log.Checkpoint) -> Iterator[str]:
    head, _ = checkpoints.parse_signed(checkpoint.note)
    try:
        policy = trust.at(head.origin, checkpoint.size)
    except PolicyError as error:
        yield f"checkpoint {checkpoint.size}: {error}"
        return
    for finding in fsck.check_note(policy, checkpoint.note, checkpoint.size, checkpoint.root):
        yield finding.line()


def check_successions(connection: Connection, settings: Settings) -> Iterator[str]:
    """Whom this installation trusts is what its log says."""
    logged = [step.note.encode() for step in successions.recorded(connection, settings)]
    kept = [note.read_bytes() for _, note in succession_files.steps(setup.policy_path(settings))]
    if logged != kept:
        yield (
            f"succession: the log tells of {len(logged)} steps, beside the policy lie {len(kept)};"
            " they are not the same"
        )


def _check_confirmed(connection: Connection, anchors: list[Anchor]) -> Iterator[str]:
    on_chain = {anchor.size for anchor in anchors}
    for instruction in chain.confirmed(connection, "anchor"):
        size = int(instruction.key.removeprefix("anchor:"))
        if size not in on_chain:
            yield f"anchor {size}: stored as confirmed, but the chain does not have it"


def _anchors(settings: Settings, policy: Policy | None) -> list[Anchor]:
    """What the chain anchors: asked from the node, or read from its store where none runs."""
    if policy is None or policy.chain is None:
        return []
    try:
        client = ChainClient.connect(settings.chain_rpc_url, policy.chain.chain_id)
        contract = to_checksum_address(policy.chain.contract)
        client.check_contract(contract)
        return client.anchors(contract)
    except (ChainUnavailableError, WrongChainError) as error:
        # Nobody answers there, or another installation's chain does: our own store tells.
        return _anchors_in_store(_own_store(settings, error), policy.chain.contract)


def _own_store(settings: Settings, why: Exception) -> Path:
    path = settings.var / "chain.db"
    if not path.exists():
        raise ChainUnavailableError(f"{why}; and there is no {path}") from why
    return path


def _anchors_in_store(path: Path, contract: str) -> list[Anchor]:
    store = open_readonly(path)
    try:
        rows = store.logs(bytes.fromhex(contract.removeprefix("0x")), [[topic("Anchored")]])
        return [anchor_of_log(*row) for row in rows]
    finally:
        store.close()


@dataclass(frozen=True)
class _Chain:
    """The contract as it stood after one block, by a node or by the node's own store."""

    issued: list[bytes]
    call: Callable[[bytes], bytes]


def _check_words(engine: Engine, settings: Settings, policy: Policy | None) -> list[str]:
    """Titles against the contract, as it stood after the last block that was followed."""
    if policy is None or policy.chain is None:
        return []
    contract = str(to_checksum_address(policy.chain.contract))
    with reading(engine) as connection:
        at = following.cursor(connection, contract)
        known = tables.all_titles(connection)
        orders = all_orders(connection)
        beyond = [*_check_collected(connection, orders)]
    if at is None:
        return []
    with _chain_at(settings, policy, contract, at) as asked:

        def words(title: str) -> tuple[str, str]:
            arguments = bytes.fromhex(title)
            first = asked.call(call_data("title_word", arguments))
            return first.hex(), asked.call(call_data("second_word", arguments)).hex()

        projected = {title.id: (title.word, title.second or word.NONE) for title in known}
        issued = [title.hex() for title in asked.issued]
        placed = {(order.title, order.number): order.word for order in orders}

        def order_word(title: str, number: int) -> str:
            return asked.call(call_data("order_word", bytes.fromhex(title), number)).hex()

        return [
            *fsck.check_words(projected, issued, words),
            *fsck.check_orders(placed, order_word),
            *beyond,
        ]


def _check_collected(connection: Connection, orders: Sequence[ChainOrder]) -> Iterator[str]:
    """The contract has no more collected than left here; what it has not yet been told is late."""
    for order in orders:
        ours = find_order(connection, order.order_id) if order.order_id else None
        delivered_kg = ours.facts.delivered_kg if ours else 0
        if order.order_id and order.read.collected > delivered_kg:
            yield (
                f"title {order.title}, order {order.number}: the contract has"
                f" {order.read.collected} kg collected, here {delivered_kg} kg left"
            )


@contextmanager
def _chain_at(settings: Settings, policy: Policy, contract: str, at: int) -> Iterator[_Chain]:
    assert policy.chain is not None  # noqa: S101 - the caller looked
    raw = bytes.fromhex(contract.removeprefix("0x"))
    try:
        client = ChainClient.connect(settings.chain_rpc_url, policy.chain.chain_id)
        client.check_contract(contract)
        issued = client.issued(contract, at)
    except (ChainUnavailableError, WrongChainError) as error:
        store = open_readonly(_own_store(settings, error))
        try:
            rows = store.logs(raw, [[topic(name) for name in BORN]])
            titles = [topics[1] for topics, _, number in rows if number <= at]
            yield _Chain(titles, lambda data: store.call(raw, data, at))
        finally:
            store.close()
        return
    yield _Chain(issued, lambda data: client.call_raw(contract, data, at=at))
