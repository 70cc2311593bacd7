"""`yidan fsck`: recompute the log from the events; compare leaves, tiles, checkpoints and anchors."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address as to_checksum
from sqlalchemy import Connection, Engine

from ledger import checkpoint as checkpoints
from ledger import commitment, merkle
from ledger.chain.client import ChainClient, ChainUnavailableError
from ledger.chain.events import Anchor, anchor_of_log, topic
from ledger.chain.node.readonly import open_readonly
from ledger.policy import Policy, PolicyError
from ledger.policy import check as check_policy
from yidan.config import Settings
from yidan.proof import setup
from yidan.store import chain, events, log
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
    """Recompute everything from the events and compare."""
    policy = setup.read_policy(settings) if setup.policy_path(settings).exists() else None
    anchors = _anchors_on_chain(settings, policy)
    with reading(engine) as connection:
        stored = {one.event_id: one for one in events.all_of(connection)}
        leaves = list(log.leaves(connection))
        tiles = _recomputed(leaves)
        noted = list(log.checkpoints(connection))
        findings = [
            *_check_leaves(settings.log_origin, stored, leaves),
            *_check_tiles(connection, leaves, tiles),
            *_check_checkpoints(policy, noted, len(leaves), tiles),
            *_check_anchors(anchors, len(leaves), tiles),
            *_check_confirmed(connection, anchors),
        ]
    return Report(
        leaves=len(leaves),
        checkpoints=len(noted),
        anchors=len(anchors),
        not_logged=len(stored.keys() - {leaf.event_id for leaf in leaves}),
        erased=tuple(one.event_id for one in stored.values() if one.salt is None),
        findings=tuple(findings),
    )


def _recomputed(leaves: list[log.Leaf]) -> merkle.MemoryTiles:
    """The tree over the leaves as they are in the table, grown anew."""
    tiles = merkle.MemoryTiles()
    merkle.append(tiles, 0, [leaf.leaf_hash for leaf in leaves])
    return tiles


def _anchors_on_chain(settings: Settings, policy: Policy | None) -> list[Anchor]:
    """What the chain anchors: asked from the node, or read from its store where none runs.

    Raises:
        ChainError: neither can be had, though the policy names a chain.
    """
    if policy is None or policy.chain is None:
        return []
    try:
        client = ChainClient.connect(settings.chain_url, policy.chain.chain_id)
        return client.anchors(to_checksum(policy.chain.contract))
    except ChainUnavailableError:
        return _anchors_in_store(settings.var / "chain.db", policy.chain.contract)


def _anchors_in_store(path: Path, contract: str) -> list[Anchor]:
    if not path.exists():
        raise ChainUnavailableError(f"no node answers, and there is no {path}")
    store = open_readonly(path)
    try:
        address = bytes.fromhex(contract.removeprefix("0x"))
        rows = store.logs(address=address, topics=[topic("Anchored")])
        return [anchor_of_log(row.topics, row.data, row.block_number) for row in rows]
    finally:
        store.close()


def _check_leaves(origin: str, stored: dict[str, Stored], leaves: list[log.Leaf]) -> Iterator[str]:
    for expected, leaf in enumerate(leaves):
        if leaf.index != expected:
            yield f"leaf {leaf.index}: index {expected} is missing"
        found = stored.get(leaf.event_id)
        if found is None:
            yield f"leaf {leaf.index}: event {leaf.event_id} is missing"
            continue
        if _commitment(found) != found.commitment:
            yield f"event {found.event_id}: its row or content does not match its commitment"
        data = commitment.leaf_data(origin, found.event_id, _commitment(found))
        if merkle.leaf_hash(data) != leaf.leaf_hash:
            yield f"event {found.event_id}: leaf {leaf.index} is the hash of something else"


def _commitment(found: Stored) -> bytes:
    """Recomputed where the content is there; as stored where it was erased."""
    if found.salt is None:
        return found.commitment
    if found.recorded is None:
        return b""
    document: Any = events.committed_document(found.recorded)
    return commitment.commit(document, found.salt)


def _check_tiles(
    connection: Connection, leaves: list[log.Leaf], tiles: merkle.MemoryTiles
) -> Iterator[str]:
    stored = log.DatabaseTiles(connection)
    try:
        in_tiles = merkle.leaf_hashes(stored, 0, len(leaves))
        root = merkle.root_at(stored, len(leaves))
    except LookupError as error:
        yield f"tiles: {error}"
        return
    for leaf, tile in zip(leaves, in_tiles, strict=True):
        if tile != leaf.leaf_hash:
            yield f"tiles: leaf {leaf.index} (event {leaf.event_id}) differs"
    if root != merkle.root_at(tiles, len(leaves)):
        yield f"tiles: the root over {len(leaves)} leaves differs"


def _check_checkpoints(
    policy: Policy | None, noted: list[log.Checkpoint], size: int, tiles: merkle.MemoryTiles
) -> Iterator[str]:
    for found in noted:
        if found.size > size:
            yield f"checkpoint {found.size}: the log has {size} leaves"
            continue
        expected = merkle.root_at(tiles, found.size)
        body, lines = checkpoints.parse_signed(found.note)
        if (found.root, body.root, body.size) != (expected, expected, found.size):
            yield f"checkpoint {found.size}: its root is not that of the events"
        if policy is not None and found.cosigned_at is not None:
            try:
                check_policy(policy, body, lines)
            except PolicyError as error:
                yield f"checkpoint {found.size}: {error}"


def _check_anchors(anchors: list[Anchor], size: int, tiles: merkle.MemoryTiles) -> Iterator[str]:
    for anchor in anchors:
        if anchor.size > size:
            yield f"anchor {anchor.size}: the log has {size} leaves"
        elif anchor.root != merkle.root_at(tiles, anchor.size):
            yield f"anchor {anchor.size}: the anchored root is not that of the events"


def _check_confirmed(connection: Connection, anchors: list[Anchor]) -> Iterator[str]:
    on_chain = {anchor.size for anchor in anchors}
    for instruction in chain.confirmed(connection, "anchor"):
        size = int(instruction.key.removeprefix("anchor:"))
        if size not in on_chain:
            yield f"anchor {size}: stored as confirmed, but the chain does not have it"
