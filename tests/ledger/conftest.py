"""A log, three witnesses and a policy over them, all from fixed keys."""

from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import aggregate, bls, bundle, commitment, merkle, succession
from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint
from ledger.note import Note
from ledger.policy import BlsKey, ChainReference, Group, Log, Policy, Witness

NAMES = ("customs", "carrier", "terminal")


@pytest.fixture(scope="session")
def cast():
    """The log's key, the witnesses' keys by name, and the policy that trusts them 2 of 3."""
    log = Ed25519PrivateKey.from_private_bytes(bytes(32))
    keys = {n: Ed25519PrivateKey.from_private_bytes(n.encode().ljust(32)) for n in NAMES}
    secrets = {n: bls.key_gen(n.encode().ljust(32)) for n in NAMES}
    witnesses = tuple(
        Witness(
            name,
            checkpoints.witness_key(f"{name}.example/w", key),
            f"http://127.0.0.1:1/{name}",
            f"The {name} office",
            BlsKey(bls.sk_to_pk(secrets[name]), bls.pop_prove(secrets[name])),
        )
        for name, key in keys.items()
    )
    origin = "yidan.example/log"
    policy = Policy(
        (Log(checkpoints.log_key(origin, log)),),
        witnesses,
        (Group("any-two", 2, NAMES),),
        "any-two",
        ChainReference(31337, "0x" + "ab" * 20),
    )
    return SimpleNamespace(log=log, origin=origin, keys=keys, secrets=secrets, policy=policy)


@pytest.fixture(scope="session")
def tree():
    """Tiles over 20 leaves and their hashes."""
    hashes = [merkle.leaf_hash(str(i).encode()) for i in range(20)]
    store = merkle.MemoryTiles()
    merkle.append(store, 0, hashes)
    return SimpleNamespace(store=store, hashes=hashes)


@pytest.fixture(scope="session")
def head(cast, tree):
    """Return a checkpoint of the log at a size."""

    def at(size: int) -> Checkpoint:
        return Checkpoint(cast.origin, size, merkle.root_at(tree.store, size))

    return at


SALT = bytes(range(32))
DOCUMENT = {
    "eventId": "0193-gate-out",
    "type": "gate.gated_out.v1",
    "occurredAt": "2026-11-22T08:00:00.000000Z",
    "content": {"equipmentReference": "MSKU1234565", "grossMassKg": 21350, "seals": ["CN1"]},
}
TIME = 1_700_000_000


@pytest.fixture(scope="session")
def proved(cast):
    """Nine events as leaves, their log's signed note, and a bundle of event 3 shown in full."""
    documents = [{**DOCUMENT, "eventId": f"event-{i}"} for i in range(9)]
    leaves = [
        merkle.leaf_hash(
            commitment.leaf_data(cast.origin, f"event-{i}", commitment.commit(document, SALT))
        )
        for i, document in enumerate(documents)
    ]
    store = merkle.MemoryTiles()
    size, root = merkle.append(store, 0, leaves)
    checkpoint = Checkpoint(cast.origin, size, root)
    lines = [checkpoints.sign(checkpoint, cast.log)]
    lines += [
        checkpoints.cosign(checkpoint, f"{name}.example/w", cast.keys[name], TIME + offset)
        for offset, name in enumerate(("customs", "carrier"))
    ]
    lines += [
        aggregate.sign(cast.policy, checkpoint, f"{name}.example/w", secret, TIME)
        for name, secret in cast.secrets.items()
    ]
    note = Note(checkpoint.body(), tuple(lines)).encode()

    def event(index, *paths):
        shown = (
            bundle.show_part(documents[index], SALT, paths)
            if paths
            else bundle.show_whole(documents[index], SALT)
        )
        return bundle.prove(store, size, f"event-{index}", index, shown)

    return SimpleNamespace(
        documents=documents,
        leaves=leaves,
        store=store,
        checkpoint=checkpoint,
        lines=lines,
        note=note,
        event=event,
        data=bundle.build(cast.policy, note, [event(3)]),
        aggregate=aggregate.combine(cast.policy, dict(zip(cast.secrets, lines[3:], strict=True))),
    )


@pytest.fixture(scope="session")
def several(cast, proved):
    """A bundle with an event in full, one in part and one bare."""
    committed = commitment.commit(proved.documents[8], SALT)
    bare = bundle.prove(proved.store, 9, "event-8", 8, bundle.Bare(committed))
    part = proved.event(5, "/content/grossMassKg", "/content/equipmentReference")
    return bundle.build(cast.policy, proved.note, [bare, part, proved.event(3)])


@pytest.fixture(scope="session")
def hand_over(cast):
    """Return the note in which the log and some witnesses hand one policy over to another."""

    def note(old, new, size, successor="", *, names=("customs", "carrier"), log=cast.log):
        step = succession.propose(old, new, cast.origin, size, successor)
        lines = [succession.sign(step, cast.origin, log)]
        lines += [succession.sign(step, f"{n}.example/w", cast.keys[n]) for n in names]
        return succession.encode(step, lines)

    return note
