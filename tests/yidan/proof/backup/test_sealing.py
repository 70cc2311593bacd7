"""A sealed file opens with its passphrase, whole and under its own name, or not at all."""

from io import BytesIO

import pytest

from yidan.proof.backup import sealing
from yidan.proof.backup.sealing import Seal, SealError

SEAL = Seal.of(b"correct horse")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK", 16)


def seal(data, name="a"):
    return b"".join(SEAL.sealed(name, BytesIO(data)))


def unseal(data, name="a", key=SEAL):
    return b"".join(key.opened(name, BytesIO(data)))


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 33])
def test_what_was_sealed_opens_again(length):
    plain = bytes(range(length))
    assert unseal(seal(plain)) == plain
    assert plain == b"" or plain not in seal(plain)


def test_the_passphrase_makes_the_same_key_again_from_what_the_set_says():
    again = Seal.of(b"correct horse", SEAL.described())
    assert unseal(seal(b"x" * 40), key=again) == b"x" * 40
    with pytest.raises(SealError, match="wrong passphrase"):
        unseal(seal(b"x"), key=Seal.of(b"battery", SEAL.described()))


def test_an_empty_passphrase_is_none():
    with pytest.raises(SealError, match="empty"):
        Seal.of(b"")


@pytest.mark.parametrize("change", [{"kdf": "md5"}, {"n": 2}, {"r": 1}, {"p": 9}])
def test_weaker_parameters_from_a_set_are_not_taken(change):
    with pytest.raises(SealError, match="does not know"):
        Seal.of(b"correct horse", SEAL.described() | change)


def test_no_flipped_bit_and_no_cut_goes_through():
    data = seal(b"0123456789abcdef" * 2)
    for place in range(len(data)):
        with pytest.raises(SealError):
            unseal(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(SealError):
            unseal(data[:place])


def test_chunks_cannot_be_swapped_repeated_or_taken_from_another_file():
    block = 16 + sealing.TAG
    data = seal(b"0123456789abcdef" * 3)
    chunks = [data[i : i + block] for i in range(0, len(data), block)]
    for order in ([1, 0, 2], [0, 0, 1, 2], [0, 2]):
        with pytest.raises(SealError):
            unseal(b"".join(chunks[number] for number in order))
    with pytest.raises(SealError):
        unseal(data, name="b")
