"""How fast the hot parts are: `make bench` prints CPU time and the ratio to a floor.

A floor is the least that has to be done (two hashes a leaf, plain `json.loads`), taken in the same
seconds, because this machine's speed changes and a ratio does not. Goals: QUALITY P4 to P7.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from adapters.codecs import edifact
from ledger import bls, commitment, merkle, proof
from ledger.tiles import MemoryTiles
from yidan.documents import kinds, schemas
from yidan.kernel import strict_json

LEAVES = 4096
SEGMENTS = 2000


@dataclass(frozen=True)
class Measured:
    """CPU microseconds a piece, ours and the floor's."""

    name: str
    piece: str
    ours_us: float
    floor: str
    floor_us: float


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
    yield Measured("log append", "leaf", grow, "two SHA-256", two)

    tiles, hashes = MemoryTiles(), [merkle.leaf_hash(leaf) for leaf in leaves]
    tiles_size, root = merkle.append(tiles, 0, hashes)
    path = merkle.inclusion_proof(tiles, 7, tiles_size)
    check = us(lambda: proof.verify_inclusion(hashes[7], 7, tiles_size, path, root))
    walk = us(lambda: [hashlib.sha256(h * 2).digest() for h in path])
    yield Measured("inclusion proof", f"log of {LEAVES}", check, "a hash a level", walk)

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


def main() -> None:
    """Print the table."""
    began = datetime.now().astimezone()
    table = Table("what", "a piece is", "ours, µs", "floor", "floor, µs", "ratio")
    for m in measurements():
        ratio = f"{m.ours_us / m.floor_us:.3g}"
        table.add_row(m.name, m.piece, f"{m.ours_us:.4g}", m.floor, f"{m.floor_us:.4g}", ratio)
    console = Console(width=100)
    console.print(table)
    took = (datetime.now().astimezone() - began) // timedelta(seconds=1)
    console.print(f"CPU time of one process, {took} s in all.")


if __name__ == "__main__":
    main()
