"""The aggregate for the chain: what it binds, who is counted, and what is refused."""

import hashlib
from dataclasses import replace

import pytest

from ledger import aggregate, bls
from ledger.aggregate import Aggregate
from ledger.note import NoteError
from ledger.policy import BlsKey, ChainReference, PolicyError

TIME = 1_700_000_000


@pytest.fixture
def lines(cast, head):
    """Every witness's BLS line over the checkpoint of nine leaves, by name."""
    return {
        name: aggregate.sign(cast.policy, head(9), f"{name}.example/w", secret, TIME)
        for name, secret in cast.secrets.items()
    }


def witness(cast, name):
    return next(w for w in cast.policy.witnesses if w.name == name)


def test_the_message_is_eight_words_in_the_documented_order(cast, head):
    keys = sorted(bls.sk_to_pk(secret) for secret in cast.secrets.values())
    words = [
        hashlib.sha256(b"yidan/checkpoint/bls/v1").hexdigest(),
        f"{31337:064x}",
        "00" * 12 + "ab" * 20,
        hashlib.sha256(b"yidan.example/log").hexdigest(),
        f"{9:064x}",
        head(9).root.hex(),
        f"{TIME:064x}",
        hashlib.sha256(b"yidan/witness-set/v1" + b"".join(keys)).hexdigest(),
    ]
    assert aggregate.message(cast.policy, head(9), TIME).hex() == "".join(words)


def test_a_line_verifies_for_its_witness_alone(cast, head, lines):
    policy, carrier = cast.policy, witness(cast, "carrier")
    assert aggregate.verify(policy, head(9), carrier, lines["carrier"]) == TIME
    with pytest.raises(NoteError, match="another key"):
        aggregate.verify(policy, head(9), witness(cast, "customs"), lines["carrier"])
    with pytest.raises(NoteError, match="another key"):
        aggregate.verify(policy, head(9), replace(carrier, bls=None), lines["carrier"])


def test_a_line_binds_chain_contract_set_origin_size_root_and_time(cast, head, lines):
    policy, line, carrier = cast.policy, lines["carrier"], witness(cast, "carrier")
    later = replace(line, payload=(TIME + 1).to_bytes(8, "big") + line.payload[8:])
    others = [
        (replace(policy, chain=ChainReference(1, "0x" + "ab" * 20)), head(9), line),
        (replace(policy, chain=ChainReference(31337, "0x" + "cd" * 20)), head(9), line),
        (replace(policy, witnesses=policy.witnesses[:2]), head(9), line),
        (policy, replace(head(9), origin="other"), line),
        (policy, head(8), line),
        (policy, replace(head(9), root=bytes(32)), line),
        (policy, head(9), later),
    ]
    for other_policy, checkpoint, other_line in others:
        with pytest.raises(NoteError, match="does not verify"):
            aggregate.verify(other_policy, checkpoint, carrier, other_line)


def test_a_witness_without_a_bls_key_has_no_line(cast, lines):
    carrier = witness(cast, "carrier")
    assert aggregate.is_bls(lines["carrier"], carrier)
    assert not aggregate.is_bls(lines["carrier"], replace(carrier, bls=None))


def test_without_a_chain_nothing_can_be_signed(cast, head):
    with pytest.raises(PolicyError, match="no chain"):
        aggregate.message(replace(cast.policy, chain=None), head(9), TIME)


def test_an_aggregate_tells_who_signed(cast, head, lines):
    policy = cast.policy
    for names in (["carrier", "customs"], ["customs", "carrier", "terminal"]):
        total = aggregate.combine(policy, {name: lines[name] for name in names})
        signers = aggregate.verify_aggregate(policy, head(9), total)
        assert {w.name for w in signers} == set(names)
        assert total.signers.bit_count() == len(names)
        assert total.time == TIME


def test_bits_follow_the_rising_public_keys(cast, lines):
    order = sorted(cast.secrets, key=lambda name: bls.sk_to_pk(cast.secrets[name]))
    for bit, name in enumerate(order):
        assert aggregate.combine(cast.policy, {name: lines[name]}).signers == 1 << bit


def test_too_few_signers_are_no_quorum(cast, head, lines):
    total = aggregate.combine(cast.policy, {"carrier": lines["carrier"]})
    with pytest.raises(PolicyError, match="no quorum"):
        aggregate.verify_aggregate(cast.policy, head(9), total)


@pytest.mark.parametrize(
    "change", [{"signers": 0}, {"signers": 8}, {"signers": -1}, {"time": 0}, {"time": 2**63}]
)
def test_an_aggregate_of_nobody_or_a_stranger_is_refused(cast, head, lines, change):
    total = replace(aggregate.combine(cast.policy, lines), **change)
    with pytest.raises(NoteError, match="no witness"):
        aggregate.verify_aggregate(cast.policy, head(9), total)


@pytest.mark.parametrize("signers", [0b011, 0b101, 0b110])
def test_a_bit_left_out_or_added_is_refused(cast, head, lines, signers):
    everyone = aggregate.combine(cast.policy, lines)
    with pytest.raises(NoteError, match="does not verify"):
        aggregate.verify_aggregate(cast.policy, head(9), replace(everyone, signers=signers))
    with pytest.raises(NoteError, match="does not verify"):
        aggregate.verify_aggregate(
            cast.policy, head(9), Aggregate(lines["carrier"].payload[8:], signers, TIME)
        )


def test_only_signatures_of_one_time_by_the_set_are_combined(cast, head, lines):
    policy = cast.policy
    later = aggregate.sign(policy, head(9), "customs.example/w", cast.secrets["customs"], TIME + 1)
    for bad in ({}, {**lines, "customs": later}, {"stranger": lines["carrier"]}):
        with pytest.raises(NoteError, match="one time"):
            aggregate.combine(policy, bad)


def test_a_key_without_its_proof_is_not_counted(cast, head, lines):
    stolen = tuple(
        replace(w, bls=BlsKey(w.bls.public_key, cast.policy.witnesses[0].bls.proof))
        for w in cast.policy.witnesses
    )
    policy = replace(cast.policy, witnesses=stolen)
    total = aggregate.combine(policy, lines)
    with pytest.raises(NoteError, match="not proved"):
        aggregate.verify_aggregate(policy, head(9), total)
