"""The witness's answers: the whole matrix of the specification, the race, and restarts."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import aggregate, bls, merkle
from ledger import checkpoint as checkpoints
from ledger.note import Note, Signature
from ledger.policy import BlsKey, Log
from ledger.succession import History
from ledger.witness.cosigner import MAX_PROOF_LINES, Cosigner, SystemClock
from ledger.witness.keys import load_or_create
from ledger.witness.state import Head, WitnessState


class StandingClock:
    """Always tells the same time."""

    def now(self):
        return 1_700_000_000


STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)


def lines(answer):
    return [Signature.parse(line) for line in answer.body.decode().splitlines()]


def ask(watched, body, wanted=""):
    return watched.cosigner.add_checkpoint(History(watched.policy), body, wanted)


def test_a_checkpoint_that_extends_the_last_is_cosigned_twice(watched, request_for, head):
    for old, size in [(0, 5), (5, 9), (9, 20)]:
        answer = ask(watched, request_for(old, size))
        assert answer.status == 200
        ed25519, over_chain = lines(answer)
        assert checkpoints.verify(head(size), watched.me.key, ed25519) == watched.now
        assert aggregate.verify(watched.policy, head(size), watched.me, over_chain) == watched.now


def test_a_witness_with_two_keys_signs_with_both(watched, tmp_path, request_for, head):
    keys = load_or_create(tmp_path / "w", watched.keys.name, with_mldsa44=True)
    cosigner = Cosigner(keys, watched.state, StandingClock())
    answer = cosigner.add_checkpoint(History(watched.policy), request_for(0, 5))
    found = lines(answer)
    assert len(found) == 3
    for vkey, line in zip(keys.vkeys, found, strict=False):
        assert checkpoints.verify(head(5), vkey, line) == watched.now
    _, kept = checkpoints.parse_signed(watched.state.head(head(5).origin).note)
    assert list(kept[1:]) == found


def test_an_origin_that_mldsa44_cannot_sign_is_refused(watched, tmp_path, request_for, head, cast):
    origin = "o" * 256
    policy = replace(watched.policy, logs=(Log(checkpoints.log_key(origin, cast.log)),))
    keys = load_or_create(tmp_path / "w", watched.keys.name, with_mldsa44=True)
    body = request_for(0, 5, checkpoint=replace(head(5), origin=origin))
    answer = Cosigner(keys, watched.state, StandingClock()).add_checkpoint(History(policy), body)
    assert answer.status == 400
    assert b"longer than 255 bytes" in answer.body
    assert ask(replace_policy(watched, policy), body).status == 200


def replace_policy(watched, policy):
    return SimpleNamespace(**{**vars(watched), "policy": policy})


def test_the_same_checkpoint_may_be_cosigned_again(watched, request_for):
    assert ask(watched, request_for(0, 5)).status == 200
    assert ask(watched, request_for(5, 5)).status == 200


def test_an_empty_log_may_be_cosigned(watched, request_for):
    assert ask(watched, request_for(0, 0)).status == 200
    assert ask(watched, request_for(0, 0)).status == 200
    assert ask(watched, request_for(0, 5)).status == 200


def test_s52_404_for_a_log_that_is_not_watched(watched, request_for, head):
    other = replace(head(5), origin="other.example/log")
    assert ask(watched, request_for(0, 5, checkpoint=other)).status == 404


def test_s52_403_without_the_logs_signature(watched, request_for):
    assert ask(watched, request_for(0, 5, key=STRANGER)).status == 403


def test_s52_403_for_a_false_signature_of_the_log_even_beside_a_true_one(watched, head, cast):
    true = checkpoints.sign(head(5), cast.log)
    false = checkpoints.sign(head(6), cast.log)
    for signatures in ([false], [true, false], [false, true]):
        body = b"old 0\n\n" + Note(head(5).body(), tuple(signatures)).encode()
        assert ask(watched, body).status == 403
    assert watched.state.head(cast.origin) == Head()


def test_s52_400_for_an_old_size_above_the_checkpoints(watched, request_for):
    assert ask(watched, request_for(7, 6, proof=[])).status == 400


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old -1"),
        lambda body: body.replace(b"old 0", b"old  0"),
        lambda body: body.replace(b"old 0\n", b""),
        lambda body: body.replace(b"old 0\n\n", b"old 0\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\nnonsense\n"),
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"\n5\n", b"\n05\n"),
        lambda body: body[:-1],
        lambda body: b"\xff" + body,
        lambda body: body.replace(
            b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * (MAX_PROOF_LINES + 1)
        ),
    ],
)
def test_s52_400_for_what_is_no_request(watched, request_for, damage):
    assert ask(watched, damage(request_for(0, 5))).status == 400


@pytest.mark.parametrize("old", [0, 4, 6])
def test_s52_409_with_the_size_for_another_old_size(watched, request_for, old):
    ask(watched, request_for(0, 5))
    answer = ask(watched, request_for(old, 9))
    assert (answer.status, answer.body, answer.content_type) == (409, b"5\n", "text/x.tlog.size")


def test_s52_409_for_a_log_that_was_rolled_back(watched, request_for):
    ask(watched, request_for(0, 9))
    assert ask(watched, request_for(5, 9)).body == b"9\n"


def test_s52_422_for_an_empty_tree_with_a_root(watched, request_for, head):
    wrong = replace(head(0), root=bytes(32))
    assert ask(watched, request_for(0, 0, checkpoint=wrong)).status == 422


def test_s52_422_for_a_proof_where_none_belongs(watched, request_for):
    assert ask(watched, request_for(0, 5, proof=[bytes(32)])).status == 422


def test_s52_422_for_another_root_at_the_same_size(watched, request_for, head, cast):
    ask(watched, request_for(0, 5))
    fork = replace(head(5), root=bytes(32))
    assert ask(watched, request_for(5, 5, checkpoint=fork)).status == 422
    assert watched.state.head(cast.origin).root == head(5).root


def test_s52_422_for_a_fork_and_the_head_stays(watched, request_for, cast, head):
    ask(watched, request_for(0, 5))
    store = merkle.MemoryTiles()
    merkle.append(store, 0, [merkle.leaf_hash(b"other")] * 9)
    fork = replace(head(9), root=merkle.root_at(store, 9))
    proof = merkle.consistency_proof(store, 5, 9)
    assert ask(watched, request_for(5, 9, checkpoint=fork, proof=proof)).status == 422
    assert watched.state.head(cast.origin).size == 5


class RacingState(WitnessState):
    """Lets another request through between the check and the update (the six-step race)."""

    def __init__(self, path, between):
        super().__init__(path)
        self._between = between

    def advance(self, origin, old, new):
        between, self._between = self._between, None
        if between:
            between()
        return super().advance(origin, old, new)


def test_s52_the_six_step_race_does_not_roll_the_witness_back(watched, request_for, tmp_path, cast):
    answers = []

    def request_b():
        answers.append(ask(watched, request_for(5, 20)))

    ask(watched, request_for(0, 5))
    racing = RacingState(tmp_path / "w" / "witness.db", request_b)
    slow = Cosigner(watched.keys, racing, SystemClock())
    request_a = slow.add_checkpoint(History(watched.policy), request_for(5, 9))
    assert answers[0].status == 200
    assert (request_a.status, request_a.body) == (409, b"20\n")
    assert watched.state.head(cast.origin).size == 20


def test_s52_a_restart_remembers(watched, request_for, tmp_path):
    ask(watched, request_for(0, 9))
    again = Cosigner(watched.keys, WitnessState(tmp_path / "w" / "witness.db"), SystemClock())
    assert again.add_checkpoint(History(watched.policy), request_for(0, 5)).status == 409
    assert again.add_checkpoint(History(watched.policy), request_for(9, 20)).status == 200


def test_the_bls_line_carries_the_proposed_time(watched, request_for, head):
    answer = ask(watched, request_for(0, 5), str(watched.now - 60))
    ed25519, over_chain = lines(answer)
    assert checkpoints.verify(head(5), watched.me.key, ed25519) == watched.now
    assert aggregate.verify(watched.policy, head(5), watched.me, over_chain) == watched.now - 60


@pytest.mark.parametrize("wanted", ["x", "-1", "1699999939", "1700000061"])
def test_a_time_far_from_the_clock_is_refused_and_nothing_is_kept(
    watched, request_for, wanted, cast
):
    assert ask(watched, request_for(0, 5), wanted).status == 400
    assert watched.state.head(cast.origin) == Head()


def test_without_chain_or_key_in_the_policy_only_the_first_line_is_sent(watched, request_for):
    stranger = BlsKey(bls.sk_to_pk(bls.key_gen(bytes(32))), bytes(96))
    for policy in (
        replace(watched.policy, chain=None),
        replace(watched.policy, witnesses=()),
        replace(watched.policy, witnesses=(replace(watched.me, bls=None),)),
        replace(watched.policy, witnesses=(replace(watched.me, bls=stranger),)),
    ):
        head = watched.state.head(policy.logs[0].key.name)
        body = request_for(head.size, 5)
        answer = watched.cosigner.add_checkpoint(History(policy), body)
        assert answer.status == 200
        assert len(lines(answer)) == 1


def test_a_monitor_gets_what_was_cosigned(watched, request_for, cast, head):
    name = hashlib.sha256(cast.origin.encode()).hexdigest()
    assert watched.cosigner.latest(History(watched.policy), name).status == 404
    answer = ask(watched, request_for(0, 5))
    found = watched.cosigner.latest(History(watched.policy), name)
    checkpoint, signatures = checkpoints.parse_signed(found.body)
    assert checkpoint == head(5)
    assert list(signatures[1:]) == lines(answer)
    assert checkpoints.is_by(signatures[0], watched.policy.logs[0].key)
    assert watched.cosigner.latest(History(watched.policy), "00" * 32).status == 404


def test_the_system_clock_counts_seconds_of_this_century():
    assert 1_600_000_000 < SystemClock().now() < 4_102_444_800
