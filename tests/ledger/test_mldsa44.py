"""ML-DSA-44 beside Ed25519: signed as C2SP tlog-cosignature says, and never believed unchecked."""

import json
import struct
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger import bundle, bundle_compact, policy, policy_file, succession, verify
from ledger import checkpoint as checkpoints
from ledger.bundle import BundleError
from ledger.checkpoint import Checkpoint
from ledger.note import KeyType, Note, NoteError, Signature, UncheckedError, VerifierKey
from ledger.policy import Group, NotCheckedError, PolicyError, Witness
from ledger.succession import History, SuccessionError

LONG = MLDSA44PrivateKey.from_seed_bytes(b"customs of tomorrow".ljust(32))
OTHER = MLDSA44PrivateKey.from_seed_bytes(b"another office".ljust(32))
NAME = "customs.example/w"
TIME = 1_700_000_000


@pytest.fixture
def own():
    """The customs' second key as a witness of a policy."""
    return Witness("customs-pq", checkpoints.witness_key(NAME, LONG))


@pytest.fixture(params=["library", "openssl"])
def without(request, monkeypatch):
    """An older cryptography, or an OpenSSL that has no ML-DSA."""
    if request.param == "openssl":
        monkeypatch.setattr(type(backend), "mldsa_supported", lambda _self: False)
    else:
        module = "cryptography.hazmat.primitives.asymmetric.mldsa"
        monkeypatch.setitem(sys.modules, module, None)


@pytest.fixture
def made(cast, proved, own):
    """A checkpoint that customs signed with both keys, and policies that ask for one or both."""
    line = checkpoints.cosign(proved.checkpoint, NAME, LONG, TIME)
    note = Note(proved.checkpoint.body(), (*proved.lines, line)).encode()
    knows = replace(cast.policy, witnesses=(*cast.policy.witnesses, own))
    both = Group("both", 2, ("any-two", own.name))
    return SimpleNamespace(
        line=line, note=note, knows=knows,
        needs=replace(knows, groups=(*knows.groups, both), quorum="both"),
    )  # fmt: skip


# --- keys and signatures ------------------------------------------------------------------------


def test_a_vkey_of_type_06_is_read_and_written(own):
    text = own.key.encode()
    assert VerifierKey.parse(text) == own.key
    assert (own.key.key_type, len(own.key.public_key)) == (KeyType.COSIGNATURE_MLDSA44, 1312)
    name, identifier, _ = text.split("+", 2)
    for wrong in (own.key.public_key[:-1], own.key.public_key[:32], b""):
        short = replace(own.key, public_key=wrong)
        with pytest.raises(NoteError, match="neither a log's nor a cosignature's"):
            VerifierKey.parse(short.encode())
    with pytest.raises(NoteError, match="neither"):
        VerifierKey.parse(f"{name}+{identifier}+")


def test_what_is_signed_is_the_structure_of_the_specification(head):
    """label, opaque cosigner name, timestamp, opaque origin, start, end, hash."""
    line = checkpoints.cosign(head(9), NAME, LONG, TIME)
    origin = b"yidan.example/log"
    message = struct.pack(
        ">12sB17sQB17sQQ32s",
        b"subtree/v1\n\0", 17, NAME.encode(), TIME, 17, origin, 0, 9, head(9).root,
    )  # fmt: skip
    assert struct.unpack(">Q", line.payload[:8]) == (TIME,)
    assert len(line.payload) == 8 + 2420
    LONG.public_key().verify(line.payload[8:], message)


def test_a_cosignature_verifies_for_its_checkpoint_name_and_time_alone(head, own):
    line = checkpoints.cosign(head(9), NAME, LONG, TIME)
    assert checkpoints.verify(head(9), own.key, line) == TIME
    more = replace(head(9), extensions=("of these it says nothing",))
    assert checkpoints.verify(more, own.key, line) == TIME
    later = (TIME + 1).to_bytes(8, "big") + line.payload[8:]
    for body, payload in [
        (head(8), line.payload),
        (replace(head(9), origin="other.example/log"), line.payload),
        (head(9), later),
        (head(9), line.payload[:-1]),
        (head(9), line.payload[:72]),
        (head(9), checkpoints.cosign(head(9), "terminal", LONG, TIME).payload),
        (head(9), checkpoints.cosign(head(9), NAME, OTHER, TIME).payload),
    ]:
        with pytest.raises(NoteError, match="does not verify") as refused:
            checkpoints.verify(body, own.key, replace(line, payload=payload))
        assert not isinstance(refused.value, UncheckedError)
    with pytest.raises(NoteError, match="no time"):
        checkpoints.verify(head(9), own.key, replace(line, payload=bytes(2428)))


def test_a_name_that_does_not_fit_the_structure_is_refused(head, own):
    long = Checkpoint("o" * 256, 1, bytes(32))
    with pytest.raises(NoteError, match="longer than 255 bytes"):
        checkpoints.cosign(long, NAME, LONG, TIME)
    line = checkpoints.cosign(head(9), NAME, LONG, TIME)
    with pytest.raises(NoteError, match="longer than 255 bytes"):
        checkpoints.verify(long, own.key, line)


@pytest.mark.usefixtures("without")
def test_where_it_cannot_be_checked_that_is_said(head, own):
    line = checkpoints.cosign(head(9), NAME, LONG, TIME)
    with pytest.raises(UncheckedError, match="cannot be checked here"):
        checkpoints.verify(head(9), own.key, line)
    with pytest.raises(NoteError, match="does not verify"):
        checkpoints.verify(head(9), own.key, replace(line, payload=line.payload[:-1]))


# --- policies and bundles -----------------------------------------------------------------------


def test_a_policy_file_takes_it_for_a_witness_and_never_for_a_log(made, own):
    assert policy_file.parse(policy_file.write(made.needs)) == made.needs
    with pytest.raises(PolicyError, match="log's key is of type 01"):
        policy_file.parse(f"log {own.key.encode()}\nquorum none\n".encode())


def test_a_policy_may_need_both_signatures_of_one_office(made, proved):
    lines = (*proved.lines, made.line)
    seen = policy.check(made.needs, proved.checkpoint, lines)
    assert {one.name for one in seen.times} == {"customs", "carrier", "customs-pq"}
    assert seen.unchecked == ()
    with pytest.raises(PolicyError, match="no quorum"):
        policy.check(made.needs, proved.checkpoint, proved.lines)
    forged = replace(made.line, payload=made.line.payload[:-1] + b"\0")
    with pytest.raises(PolicyError, match=r"signature of customs\.example/w does not verify"):
        policy.check(made.knows, proved.checkpoint, (*proved.lines, forged))


def test_a_bundle_carries_the_line_and_any_other_byte_is_invalid(made, proved):
    data = bundle.build(made.needs, made.note, [proved.event(3)])
    found = verify.verify_bundle(data, made.needs)
    assert found.outcome is verify.Outcome.VALID
    assert any("witness: customs-pq, run by an unnamed operator" in one for one in found.checked)
    lines = json.loads(data)["checkpoint"]["cosignatures"]
    assert sorted(len(line["signature"]) for line in lines) == [128, 128, 4840]
    assert bundle.encode(bundle.decode(data)) == data
    content = bundle.decode(data)
    for at in (8, 1000, 2427):
        payload = bytearray(made.line.payload)
        payload[at] ^= 1
        changed = tuple(
            replace(line, payload=bytes(payload)) if line == made.line else line
            for line in content.cosignatures
        )
        judged = verify.verify_bundle(
            bundle.encode(replace(content, cosignatures=changed)), made.knows
        )
        assert judged.outcome is verify.Outcome.INVALID
    short = replace(made.line, payload=made.line.payload[:-1])
    with pytest.raises(BundleError, match="not 2420 bytes"):
        bundle.decode(bundle.encode(replace(content, cosignatures=(short,))))


def test_a_signature_of_the_other_kind_is_no_signature(made, proved):
    content = bundle.decode(bundle.build(made.knows, made.note, [proved.event(3)]))
    customs = next(one for one in content.cosignatures if one != made.line and one.name == NAME)
    for mine, theirs in ((customs, made.line), (made.line, customs)):
        swapped = tuple(
            replace(one, payload=theirs.payload) if one == mine else one
            for one in content.cosignatures
        )
        judged = verify.verify_bundle(
            bundle.encode(replace(content, cosignatures=swapped)), made.knows
        )
        assert judged.headline == f"INVALID: the signature of {NAME} does not verify"


def test_it_has_no_compact_form(made, proved):
    found = bundle.decode(bundle.build(made.knows, made.note, [proved.event(3)]))
    with pytest.raises(BundleError, match="ML-DSA-44 signature has no compact form"):
        bundle_compact.pack(found)


@pytest.mark.usefixtures("without")
def test_unchecked_it_counts_for_nothing(made, proved):
    lines = (*proved.lines, made.line)
    seen = policy.check(made.knows, proved.checkpoint, lines)
    assert [one.name for one in seen.unchecked] == ["customs-pq"]
    with pytest.raises(NotCheckedError, match="the quorum needs ML-DSA-44 signatures"):
        policy.check(made.needs, proved.checkpoint, lines)
    assert History(made.needs).met_by(made.note) is None
    alone = replace(made.needs, quorum="customs-pq")
    with pytest.raises(NotCheckedError):
        policy.check(alone, proved.checkpoint, lines)
    with pytest.raises(PolicyError, match="repeated"):
        policy.check(made.knows, proved.checkpoint, (*lines[:3], made.line, made.line), strict=True)
    with pytest.raises(PolicyError, match="no quorum"):
        policy.check(made.needs, proved.checkpoint, (proved.lines[0], made.line))
    with pytest.raises(BundleError):
        bundle.build(made.needs, made.note, [proved.event(3)])


def test_the_verdict_says_what_was_not_checked(made, proved, monkeypatch):
    knows = bundle.build(made.knows, made.note, [proved.event(3)])
    needs = bundle.build(made.needs, made.note, [proved.event(3)])
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda _self: False)
    judged = verify.verify_bundle(knows, made.knows)
    assert judged.outcome is verify.Outcome.VALID
    said = "not checked: the signature of customs-pq, as ML-DSA-44 cannot be checked here"
    assert said in judged.checked
    judged = verify.verify_bundle(needs, made.needs)
    assert (judged.outcome, judged.checked) == (verify.Outcome.NOT_CHECKED, ())
    assert judged.reason == "the quorum needs ML-DSA-44 signatures, which cannot be checked here"


# --- succession ---------------------------------------------------------------------------------


@pytest.fixture
def step(made, cast):
    """The step from a policy that needs both keys, signed by those named."""

    def signed(*keys):
        new = replace(made.needs, quorum="any-two")
        what = succession.propose(made.needs, new, cast.origin, 9)
        lines = [succession.sign(what, cast.origin, cast.log)]
        lines += [succession.sign(what, f"{n}.example/w", cast.keys[n]) for n in cast.keys]
        lines += [succession.sign(what, NAME, key) for key in keys]
        return new, succession.encode(what, lines)

    return signed


def test_the_old_trust_hands_over_with_it(made, step):
    assert len(History(made.needs).then(*step(LONG)).steps) == 1
    with pytest.raises(SuccessionError, match="no quorum"):
        History(made.needs).then(*step())
    with pytest.raises(SuccessionError, match="no quorum"):
        History(made.needs).then(*step(OTHER))
    new, note = step(LONG)
    parsed = Note.parse(note)
    last = parsed.signatures[-1]
    forged = replace(
        parsed, signatures=(*parsed.signatures[:-1], Signature(NAME, last.key_id, b"x"))
    )
    with pytest.raises(SuccessionError, match="does not verify"):
        History(made.needs).then(new, forged.encode())


@pytest.mark.usefixtures("without")
def test_a_hand_over_that_cannot_be_checked_is_none(made, step):
    with pytest.raises(SuccessionError, match="no quorum"):
        History(made.needs).then(*step(LONG))


def test_an_ed25519_key_stays_what_it_was():
    key = checkpoints.witness_key("w", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert key.key_type is KeyType.COSIGNATURE_V1
