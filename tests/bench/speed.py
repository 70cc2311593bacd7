"""How fast the hot parts are: `make bench` prints CPU time and the ratio to a floor.

A floor is the least that has to be done (two hashes a leaf, plain `json.loads`), taken in the same
seconds, because this machine's speed changes and a ratio does not. Goals (QUALITY P4 to P7) are
reported, not asserted.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlmodel import SQLModel

from adapters.codecs import edifact
from ledger import bls, commitment, merkle, proof
from ledger.tiles import FolderTiles, MemoryTiles
from yidan.documents import kinds, schemas
from yidan.kernel import strict_json
from yidan.store import log
from yidan.store.engine import make_engine, writing

LEAVES = 4096
BATCH = 16
WITNESSES = 7
SEGMENTS = 2000


@dataclass(frozen=True)
class Measured:
    """CPU microseconds a piece, ours and the floor's."""

    name: str
    piece: str
    ours_us: float
    floor: str
    floor_us: float
    goal: str = ""
    """Where the design names one: how fast against the floor, 1 being as fast."""


def cpu_us(work: Callable[[], object], pieces: int = 1, *, at_least_s: float = 0.2) -> float:
    """CPU microseconds a piece, over as many runs as fill the time."""
    runs, began = 0, time.process_time()
    while time.process_time() - began < at_least_s or not runs:
        work()
        runs += 1
    return (time.process_time() - began) * 1e6 / runs / pieces


def measurements(at_least_s: float = 0.2) -> Iterator[Measured]:
    """Measure everything, one after the other."""

    def us(work: Callable[[], object], pieces: int = 1) -> float:
        return cpu_us(work, pieces, at_least_s=at_least_s)

    kind = kinds.find("multimodal_waybill")
    body = next(iter(kind.examples.values()))
    raw = json.dumps(body, ensure_ascii=False).encode()
    plain = us(lambda: json.loads(raw))
    size = f"waybill of {len(raw)} B"
    yield Measured("strict JSON", size, us(lambda: strict_json.loads(raw)), "json.loads", plain)
    yield Measured("schema", size, us(lambda: schemas.findings(kind, body)), "json.loads", plain)

    leaves = [raw[:128] + b"%d" % n for n in range(LEAVES)]
    two = us(lambda: [hashlib.sha256(x[:65]).digest() for x in leaves for _ in (0, 1)], LEAVES)
    grow = us(lambda: merkle.append(MemoryTiles(), 0, [*map(merkle.leaf_hash, leaves)]), LEAVES)
    yield Measured("log append", "leaf", grow, "two SHA-256", two, "≥ 0.6")
    yield from durable_appends(leaves, at_least_s)

    tiles, hashes = MemoryTiles(), [merkle.leaf_hash(leaf) for leaf in leaves]
    tiles_size, root = merkle.append(tiles, 0, hashes)
    path = merkle.inclusion_proof(tiles, 7, tiles_size)
    check = us(lambda: proof.verify_inclusion(hashes[7], 7, tiles_size, path, root))
    walk = us(lambda: [hashlib.sha256(h * 2).digest() for h in path])
    yield Measured("inclusion proof", f"log of {LEAVES}", check, "a hash a level", walk, "≥ 0.3")

    fields = len(commitment.flatten(body))
    commit = us(lambda: commitment.commit(body, bytes(32)))
    keyed = us(lambda: [hashlib.sha256(raw[:64]).digest() for _ in range(4 * fields)])
    yield Measured("commitment", f"{fields} fields", commit, "four SHA-256 a field", keyed)

    lines = [b"DTM+7:202611220800:203'"] * (SEGMENTS - 4)
    head = b"UNB+UNOA:2+A+B+261122:0800+1'UNH+1+COREOR:D:00B:UN:SMDG20'BGM+129+1+9'"
    text = head + b"".join(lines) + b"UNT+%d+1'UNZ+1+1'" % (SEGMENTS - 1)
    read = us(lambda: edifact.read(text), SEGMENTS)
    split = us(lambda: [s.split("+") for s in text.decode().split("'")], SEGMENTS)
    yield Measured("EDIFACT", "segment", read, "str.split", split)

    secret = bls.key_gen(bytes(32))
    fast = us(lambda: bls.sign(secret, b"checkpoint"))
    slow = us(lambda: bls.sign(secret, b"checkpoint", backend="py_ecc"))
    yield Measured("BLS signature", "checkpoint", fast, "py_ecc", slow)

    secrets = [bls.key_gen(bytes([n]) * 32) for n in range(WITNESSES)]
    public = [bls.sk_to_pk(one) for one in secrets]
    total = bls.aggregate([bls.sign(one, b"checkpoint") for one in secrets])
    fast = us(lambda: bls.fast_aggregate_verify(public, b"checkpoint", total))
    slow = us(lambda: bls.fast_aggregate_verify(public, b"checkpoint", total, backend="py_ecc"))
    yield Measured("fast_aggregate_verify", f"{WITNESSES} keys", fast, "py_ecc", slow)


def wall_us(work: Callable[[], object], pieces: int, *, at_least_s: float) -> float:
    """Microseconds by the clock a piece: what waits for a disk takes no CPU time."""
    runs, began = 0, time.perf_counter()
    while time.perf_counter() - began < at_least_s or not runs:
        work()
        runs += 1
    return (time.perf_counter() - began) * 1e6 / runs / pieces


def durable_appends(leaves: Sequence[bytes], at_least_s: float) -> Iterator[Measured]:
    """A leaf that survives a crash: in batches, against one at a time; synced to this disk."""
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/log.db")
        with writing(engine) as connection:
            SQLModel.metadata.create_all(connection)

        def in_folder(batch: int) -> float:
            store, state = FolderTiles(Path(folder) / str(batch)), {"size": 0}

            def append() -> None:
                at = state["size"] % LEAVES
                state["size"], _ = merkle.append(store, state["size"], hashes[at : at + batch])

            return wall_us(append, batch, at_least_s=at_least_s)

        def in_database(batch: int) -> float:
            with writing(engine) as connection:
                connection.exec_driver_sql("DELETE FROM log_tile")
            state = {"size": 0}

            def append() -> None:
                at = state["size"] % LEAVES
                with writing(engine) as connection:
                    tiles = log.DatabaseTiles(connection)
                    state["size"], _ = merkle.append(tiles, state["size"], hashes[at : at + batch])

            return wall_us(append, batch, at_least_s=at_least_s)

        for name, measure in (("folder", in_folder), ("database", in_database)):
            one = measure(1)
            many = measure(BATCH)
            yield Measured(f"durable, {name}", f"leaf of {BATCH}", many, "one a time", one, "≥ 10")
        engine.dispose()


def main() -> None:
    """Print the table."""
    began = datetime.now().astimezone()
    heads = "what", "a piece is", "ours, µs", "floor", "floor, µs", "ratio", "speed", "goal"
    table = Table(*heads)
    for m in measurements():
        ratio, speed = f"{m.ours_us / m.floor_us:.3g}", f"{m.floor_us / m.ours_us:.3g}"
        times = f"{m.ours_us:.4g}", m.floor, f"{m.floor_us:.4g}"
        table.add_row(m.name, m.piece, *times, ratio, speed, m.goal)
    console = Console(width=118)
    console.print(table)
    took = (datetime.now().astimezone() - began) // timedelta(seconds=1)
    console.print(f"CPU time of one process (durable appends by the clock), {took} s in all.")
    console.print("Ratio is ours ÷ floor; speed is floor ÷ ours: 1 is as fast as the floor.")


if __name__ == "__main__":
    main()
