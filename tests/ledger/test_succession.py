"""The old trust hands over to the new by its own signatures, at a size, and to nobody else."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import succession
from ledger.checkpoint import Checkpoint
from ledger.note import Note
from ledger.policy import Group, Log, Policy, PolicyError, Witness
from ledger.succession import History, Succession, SuccessionError

SIZE = 9
BANK = Ed25519PrivateKey.from_private_bytes(b"bank".ljust(32))
NEXT_KEY = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))


@pytest.fixture
def new(cast):
    """The policy after the terminal's witness was replaced by a bank's."""
    bank = Witness("bank", checkpoints.witness_key("bank.example/w", BANK))
    witnesses = (*cast.policy.witnesses[:2], bank)
    group = Group("any-two", 2, tuple(one.name for one in witnesses))
    return replace(cast.policy, witnesses=witnesses, groups=(group,))


@pytest.fixture
def signed(cast):
    """Sign a succession with the log's key, if it shall, and some witnesses' keys."""

    def note(step, *names, log=cast.log):
        lines = [succession.sign(step, step.origin, log)] if log else []
        lines += [succession.sign(step, f"{n}.example/w", cast.keys[n]) for n in names]
        return succession.encode(step, lines or [succession.sign(step, "nobody", BANK)])

    return note


def test_a_quorum_of_the_old_witnesses_hands_over_to_the_new_at_a_size(cast, new, signed):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    assert Succession.parse(step.body()) == step
    history = History(cast.policy).then(new, signed(step, "customs", "terminal"))
    assert history.at(cast.origin, SIZE) == cast.policy
    assert history.at(cast.origin, SIZE + 1) == new
    assert history.newest == new
    assert History(cast.policy).newest == cast.policy


@pytest.mark.parametrize("names", [(), ("customs",), ("terminal",)])
def test_fewer_than_the_old_quorum_hand_over_nothing(cast, new, signed, names):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    with pytest.raises(SuccessionError, match="no quorum"):
        succession.check(cast.policy, new, signed(step, *names))


def test_the_new_witnesses_cannot_let_themselves_in(cast, new):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    lines = [
        succession.sign(step, cast.origin, cast.log),
        succession.sign(step, "customs.example/w", cast.keys["customs"]),
        succession.sign(step, "bank.example/w", BANK),
    ]
    with pytest.raises(SuccessionError, match="no quorum"):
        succession.check(cast.policy, new, succession.encode(step, lines))


def test_the_witnesses_cannot_hand_over_without_the_log(cast, new, signed):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    for log in (None, NEXT_KEY):
        with pytest.raises(SuccessionError, match="old key"):
            succession.check(cast.policy, new, signed(step, "customs", "terminal", log=log))


def test_the_logs_own_key_is_rotated_and_the_old_one_signs_nothing_after(cast, signed, head):
    rotated = replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT_KEY)),))
    step = succession.propose(cast.policy, rotated, cast.origin, SIZE)
    history = History(cast.policy).then(rotated, signed(step, "customs", "carrier"))
    for size, key, good in [
        (SIZE, cast.log, True),
        (SIZE + 1, NEXT_KEY, True),
        (SIZE, NEXT_KEY, False),
        (SIZE + 1, cast.log, False),
    ]:
        checkpoint = head(size)
        line = checkpoints.sign(checkpoint, key)
        trusted = history.at(cast.origin, size).find_log(cast.origin)
        assert checkpoints.is_by(line, trusted.key) == good


@pytest.fixture
def successor(cast):
    """The policy of the log that follows, under another origin and key."""
    key = checkpoints.log_key("yidan.example/log2", NEXT_KEY)
    return replace(cast.policy, logs=(*cast.policy.logs, Log(key)))


def test_s62_a_frozen_log_has_no_larger_checkpoint_and_its_successor_goes_on(
    cast, signed, successor
):
    step = succession.propose(cast.policy, successor, cast.origin, SIZE, "yidan.example/log2")
    assert Succession.parse(step.body()) == step
    history = History(cast.policy).then(successor, signed(step, "customs", "carrier"))
    assert history.at(cast.origin, SIZE) == cast.policy
    with pytest.raises(PolicyError, match="frozen at 9"):
        history.at(cast.origin, SIZE + 1)
    assert history.at("yidan.example/log2", 1) == successor


def test_a_log_does_not_succeed_itself_nor_one_that_nobody_knows(cast, new):
    with pytest.raises(SuccessionError, match="itself"):
        succession.propose(cast.policy, new, cast.origin, SIZE, cast.origin)
    with pytest.raises(SuccessionError, match="does not know"):
        succession.propose(cast.policy, new, cast.origin, SIZE, "unknown.example/log")
    with pytest.raises(SuccessionError, match="does not know"):
        succession.propose(cast.policy, new, "unknown.example/log", SIZE)


def test_a_note_of_other_policies_or_another_log_hands_over_nothing(cast, new, signed, successor):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    note = signed(step, "customs", "carrier")
    with pytest.raises(SuccessionError, match="other policies"):
        succession.check(cast.policy, successor, note)
    with pytest.raises(SuccessionError, match="other policies"):
        succession.check(new, cast.policy, note)
    elsewhere = replace(step, origin="other.example/log")
    with pytest.raises(SuccessionError, match="does not know"):
        succession.check(cast.policy, new, signed(elsewhere, "customs", "carrier"))
    unknown = replace(step, successor="other.example/log")
    with pytest.raises(SuccessionError, match="does not know"):
        succession.check(cast.policy, new, signed(unknown, "customs", "carrier"))


def test_a_later_succession_follows_and_none_goes_back(cast, new, signed):
    first = succession.propose(cast.policy, new, cast.origin, SIZE)
    history = History(cast.policy).then(new, signed(first, "customs", "carrier"))
    back = succession.propose(new, cast.policy, cast.origin, SIZE + 5)
    both = history.then(cast.policy, signed(back, "customs", "carrier"))
    assert [both.at(cast.origin, size) for size in (9, 10, 14, 15)] == [
        cast.policy,
        new,
        new,
        cast.policy,
    ]
    early = succession.propose(new, cast.policy, cast.origin, SIZE - 1)
    with pytest.raises(SuccessionError, match="goes back"):
        history.then(cast.policy, signed(early, "customs", "carrier"))


def test_a_signature_that_does_not_verify_is_refused(cast, new, signed):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    note = signed(step, "customs", "carrier")
    with pytest.raises(SuccessionError, match="does not verify"):
        succession.check(cast.policy, new, note.replace(b"\n9\n", b"\n8\n"))


def test_a_cosignature_of_a_checkpoint_is_no_signature_of_a_succession(cast, new):
    step = succession.propose(cast.policy, new, cast.origin, SIZE)
    lines = [succession.sign(step, cast.origin, cast.log)]
    head = Checkpoint(cast.origin, SIZE, bytes(32))
    lines += [
        checkpoints.cosign(head, f"{name}.example/w", key, 1) for name, key in cast.keys.items()
    ]
    with pytest.raises(SuccessionError, match="no quorum"):
        succession.check(cast.policy, new, succession.encode(step, lines))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yidan/succession/v1\n",
        "other\no\n9\n{h}\n{h}\n",
        "yidan/succession/v1\n\n9\n{h}\n{h}\n",
        "yidan/succession/v1\no\n09\n{h}\n{h}\n",
        "yidan/succession/v1\no\n9\n{h}\nAAAA\n",
        "yidan/succession/v1\no\n9\n{h}\n{h}\nfollower x\n",
        "yidan/succession/v1\no\n9\n{h}\n{h}\nsuccessor x\nmore\n",
    ],
)
def test_a_text_that_is_not_a_succession_is_refused(text):
    with pytest.raises(SuccessionError):
        Succession.parse(text.format(h="A" * 43 + "="))


def test_what_is_no_note_is_no_succession(cast, new):
    with pytest.raises(SuccessionError):
        succession.check(cast.policy, new, b"nothing")
    empty = Policy((), (), (), "none")
    step = Succession("o", 1, succession.digest(empty), succession.digest(empty))
    note = Note(step.body(), (succession.sign(step, "o", BANK),)).encode()
    with pytest.raises(SuccessionError, match="does not know"):
        succession.check(empty, empty, note)


def test_a_checkpoint_is_met_by_the_policy_of_its_size_or_by_none(cast, proved, new, signed):
    step = succession.propose(cast.policy, new, cast.origin, 8)
    assert History(cast.policy).met_by(proved.note) == cast.policy
    with_bank_only = replace(new, quorum="bank", groups=())
    step = succession.propose(cast.policy, with_bank_only, cast.origin, 8)
    trust = History(cast.policy).then(with_bank_only, signed(step, "customs", "carrier"))
    assert trust.met_by(proved.note) is None
    assert trust.frozen_at(cast.origin) is None
    assert trust.policies == (cast.policy, with_bank_only)


def test_s62_it_is_known_where_a_log_ends(cast, signed, successor):
    step = succession.propose(cast.policy, successor, cast.origin, SIZE, "yidan.example/log2")
    history = History(cast.policy).then(successor, signed(step, "customs", "carrier"))
    assert history.frozen_at(cast.origin) == step
    assert history.frozen_at("yidan.example/log2") is None
