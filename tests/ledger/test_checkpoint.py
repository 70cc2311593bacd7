"""Checkpoints: text, the log's signature and the witness's cosignature."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint, CheckpointError
from ledger.note import Note, NoteError, Signature

# The example of C2SP tlog-checkpoint.
BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
CHECKPOINT = Checkpoint("example.com/behind-the-sofa", 20852163, ROOT)
LOG = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
TIME = 1679315147


def test_the_example_of_the_specification_is_read_and_written():
    assert Checkpoint.parse(BODY) == CHECKPOINT
    assert CHECKPOINT.body() == BODY


def test_extension_lines_are_kept():
    assert Checkpoint.parse(BODY + "more\n").extensions == ("more",)
    assert Checkpoint.parse(BODY + "more\n").body() == BODY + "more\n"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "o\n1\n",
        BODY.rstrip("\n"),
        BODY + "\n",
        "\n1\n" + "A" * 43 + "=\n",
        BODY.replace("20852163", "020852163"),
        BODY.replace("20852163", "-1"),
        BODY.replace("20852163", "+1"),
        BODY.replace("20852163", "1 "),
        BODY.replace("20852163", "١"),
        BODY.replace("20852163", str(2**63)),
        BODY.replace("CsUY", "CsU!"),
        "o\n1\nAAAA\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(body):
    with pytest.raises(CheckpointError):
        Checkpoint.parse(body)


def test_the_largest_size_is_read():
    assert checkpoints.parse_decimal(str(2**63 - 1)) == 2**63 - 1


def test_a_log_signature_verifies_and_names_no_time():
    key = checkpoints.log_key(CHECKPOINT.origin, LOG)
    assert checkpoints.verify(CHECKPOINT, key, checkpoints.sign(CHECKPOINT, LOG)) == 0


def test_a_cosignature_signs_the_words_of_the_specification():
    signature = checkpoints.cosign(CHECKPOINT, "witness.example.com/w1", WITNESS, TIME)
    assert signature.payload[:8] == TIME.to_bytes(8, "big")
    WITNESS.public_key().verify(
        signature.payload[8:], f"cosignature/v1\ntime 1679315147\n{BODY}".encode()
    )


def test_a_cosignature_verifies_and_names_its_time():
    key = checkpoints.witness_key("w", WITNESS)
    signature = checkpoints.cosign(CHECKPOINT, "w", WITNESS, TIME)
    assert checkpoints.verify(CHECKPOINT, key, signature) == TIME


@pytest.mark.parametrize(
    "other",
    [
        Checkpoint("example.com/other", CHECKPOINT.size, ROOT),
        Checkpoint(CHECKPOINT.origin, CHECKPOINT.size + 1, ROOT),
        Checkpoint(CHECKPOINT.origin, CHECKPOINT.size, bytes(32)),
        Checkpoint(CHECKPOINT.origin, CHECKPOINT.size, ROOT, ("more",)),
    ],
)
def test_a_signature_does_not_fit_another_checkpoint(other):
    key = checkpoints.witness_key("w", WITNESS)
    with pytest.raises(NoteError, match="verify"):
        checkpoints.verify(other, key, checkpoints.cosign(CHECKPOINT, "w", WITNESS, TIME))


def test_a_cosignature_with_another_time_does_not_verify():
    key = checkpoints.witness_key("w", WITNESS)
    signature = checkpoints.cosign(CHECKPOINT, "w", WITNESS, TIME)
    later = Signature("w", signature.key_id, (TIME + 1).to_bytes(8, "big") + signature.payload[8:])
    with pytest.raises(NoteError, match="verify"):
        checkpoints.verify(CHECKPOINT, key, later)


@pytest.mark.parametrize("payload", [bytes(72), b"\xff" * 72, b""])
def test_a_cosignature_without_a_time_is_refused(payload):
    key = checkpoints.witness_key("w", WITNESS)
    with pytest.raises(NoteError, match="no time"):
        checkpoints.verify(CHECKPOINT, key, Signature("w", key.key_id, payload))


def test_a_log_signature_is_no_cosignature_of_the_same_key():
    key = checkpoints.witness_key(CHECKPOINT.origin, LOG)
    with pytest.raises(NoteError, match="another key"):
        checkpoints.verify(CHECKPOINT, key, checkpoints.sign(CHECKPOINT, LOG))


def test_a_signed_checkpoint_is_read_from_its_note():
    signature = checkpoints.sign(CHECKPOINT, LOG)
    data = Note(CHECKPOINT.body(), (signature,)).encode()
    assert checkpoints.parse_signed(data) == (CHECKPOINT, (signature,))
    assert base64.b64encode(signature.key_id + signature.payload) in data
