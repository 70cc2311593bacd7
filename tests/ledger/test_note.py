"""Signed notes: the specification's example, and every malformed note refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import note
from ledger.note import KeyType, Note, NoteError, Signature, VerifierKey

# The example of C2SP signed-note, "Example".
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    "HjG1Yu72IneyaQM=\n"
).encode()


def test_the_example_of_the_specification_verifies():
    key, read = VerifierKey.parse(VKEY), Note.parse(NOTE)
    (signature,) = read.signatures
    assert read.text == "This is an example message.\n"
    assert (signature.name, signature.key_id) == (key.name, key.key_id)
    note.verify_ed25519(key.public_key, read.text.encode(), signature.payload)


def test_the_example_is_written_back_byte_for_byte():
    assert VerifierKey.parse(VKEY).encode() == VKEY
    assert Note.parse(NOTE).encode() == NOTE


def test_a_changed_text_does_not_verify():
    key, read = VerifierKey.parse(VKEY), Note.parse(NOTE)
    with pytest.raises(NoteError, match="does not verify"):
        note.verify_ed25519(key.public_key, b"Another message.\n", read.signatures[0].payload)
    with pytest.raises(NoteError, match="does not verify"):
        note.verify_ed25519(b"short", b"", read.signatures[0].payload)


def test_the_text_may_hold_empty_lines():
    read = Note.parse(b"a\n\nb\n\n" + NOTE.split(b"\n\n")[1])
    assert read.text == "a\n\nb\n"


LINE = NOTE.decode().split("\n\n")[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n" + LINE.encode().rstrip(),
        b"text\n\n- name AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— na\u00a0me AAAAAAA=\n".encode(),
        "text\n\n— name AAAAAA==\n".encode(),  # 4 bytes: a key id and no signature
        "text\n\n— name AAAAAAB=\n".encode(),  # spare bits
        "text\n\n— name AAAAAAA\n".encode(),
        "text\n\n— name AAAAAAA= \n".encode(),
        "text\r\n\n— name AAAAAAA=\n".encode(),
        "te\txt\n\n— name AAAAAAA=\n".encode(),
        "text\n\n— name AAAAAAA=\n".encode() + b"\xff\n",
        b"text\n\n" + "— name AAAAAAA=\n".encode() * 65,
        b"x" * 65_536 + NOTE,
    ],
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises(NoteError):
        Note.parse(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+530d903a",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com/foo", "example.com/bar"),
        VKEY.replace("example.com/foo", ""),
        VKEY + "A",
        VKEY.replace("example.com/foo", "example.com/\udcff"),
        "example.com/foo+530d903a+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "example.com/foo+530d903a+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
        "example.com/foo+530d903a+" + base64.b64encode(b"").decode(),
    ],
)
def test_what_is_no_vkey_is_refused(text):
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1
    ),
    st.binary(min_size=1, max_size=100),
)
def test_a_signature_line_is_read_back_the_same(name, payload):
    signature = Signature(name, b"abcd", payload)
    assert Signature.parse(signature.encode().removesuffix("\n")) == signature


def test_a_key_has_another_id_for_another_use():
    public_key = note.public_key_bytes(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    as_log = VerifierKey("example.com/w", KeyType.ED25519, public_key)
    as_witness = VerifierKey("example.com/w", KeyType.COSIGNATURE_V1, public_key)
    assert as_log.key_id != as_witness.key_id
    assert VerifierKey.parse(as_witness.encode()) == as_witness
