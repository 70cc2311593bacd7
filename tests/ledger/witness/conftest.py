"""A witness in a folder of its own, a clock that stands still, and requests to it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ledger import checkpoint as checkpoints
from ledger import merkle
from ledger.policy import Witness
from ledger.witness import client
from ledger.witness.cosigner import Cosigner
from ledger.witness.keys import load_or_create
from ledger.witness.state import WitnessState

NAME = "witness.example/w"


class StandingClock:
    """Always tells the same time."""

    def now(self) -> int:
        return 1_700_000_000


@pytest.fixture
def watched(tmp_path, cast):
    """A cosigner, its keys, state and entry, and a policy that names it."""
    keys = load_or_create(tmp_path / "w", NAME)
    state = WitnessState(tmp_path / "w" / "witness.db")
    me = Witness("me", keys.vkey, "http://witness.test", "Somebody else", keys.bls)
    policy = replace(cast.policy, witnesses=(me,), groups=(), quorum="me")
    cosigner = Cosigner(keys, state, StandingClock())
    return SimpleNamespace(
        keys=keys, state=state, me=me, policy=policy, cosigner=cosigner, now=1_700_000_000
    )


@pytest.fixture
def request_for(cast, tree, head):
    """Return the body that asks to cosign a size after an old one."""

    def body(old: int, size: int, *, proof=None, checkpoint=None, key=None) -> bytes:
        checkpoint = checkpoint or head(size)
        if proof is None:
            proof = merkle.consistency_proof(tree.store, old, size)
        signature = checkpoints.sign(checkpoint, key or cast.log)
        return client.request_body(checkpoint, signature, old, proof)

    return body
