"""py_ecc and arkworks give one answer to 500 inputs that were damaged at random (LEDGER 9, S51).

py_ecc takes up to half a second an input, so the 500 are split into ten tests that workers share.
Each run damages other inputs; a failure prints the seed that makes them again.
"""

import random

import pytest

from ledger import bls

SECRETS = [bls.key_gen(bytes([n]) * 32) for n in range(1, 4)]
KEYS = [bls.sk_to_pk(secret) for secret in SECRETS]
MESSAGE = b"checkpoint"
SIGNATURES = [bls.sign(secret, MESSAGE) for secret in SECRETS]
EACH = 50
BACKENDS = ("arkworks", "py_ecc")


def flipped(data, chance):
    """One to three bits turned anywhere, the flag bits in front more often than others."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = 0 if chance.random() < 0.3 else chance.randrange(len(data))
        changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def spoiled(data, chance):
    """A point's bytes damaged in one of the ways that decoders fall for."""
    top = data[0] & 0xE0
    modulus = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB  # fmt: skip  # noqa: E501 - the field's prime
    beyond = (modulus + chance.randrange(1 << 20)).to_bytes(48, "big")
    return chance.choice([
        lambda: flipped(data, chance),
        lambda: bytes([data[0] ^ 0x20]) + data[1:],  # the point's negative
        lambda: bytes([0xC0]) + bytes(len(data) - 1),  # infinity
        lambda: bytes([0xC0]) + bytes(len(data) - 2) + b"\x01",
        lambda: bytes([top | beyond[0]]) + beyond[1:] + data[48:],  # x not below p
        lambda: data[:48] + beyond if len(data) > 48 else data[:-1],
        lambda: data[: chance.randrange(len(data))],
        lambda: data + chance.randbytes(chance.randint(1, 48)),
        lambda: bytes([top | chance.randrange(0x1A)]) + chance.randbytes(len(data) - 1),
        lambda: bytes(len(data)),
    ])()  # fmt: skip


def damaged(chance):
    """Keys, message and signature of an aggregate, one thing about them damaged, or nothing."""
    count = chance.randint(1, 3)
    keys, message = KEYS[:count], MESSAGE
    signature = bls.aggregate(SIGNATURES[:count])
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            signature = spoiled(signature, chance)
        case 4 | 5 | 6 | 7:
            at = chance.randrange(count)
            keys = [*keys[:at], spoiled(keys[at], chance), *keys[at + 1 :]]
        case 8:
            keys = chance.sample([*keys, *keys], chance.randint(1, 2 * count))
        case _:
            message = chance.choice([MESSAGE, MESSAGE + b"\x00", b""])
    return keys, message, signature


@pytest.mark.parametrize("part", range(10))
def test_s51_both_backends_judge_damaged_input_alike(part):
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    for number in range(EACH):
        case = damaged(chance)
        answers = {bls.fast_aggregate_verify(*case, backend=name) for name in BACKENDS}
        assert len(answers) == 1, (seed, number, case)


def aggregated(signatures, backend):
    try:
        return bls.aggregate(signatures, backend=backend)
    except bls.BlsError:
        return None


def test_s51_both_backends_add_damaged_signatures_up_alike():
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    for number in range(50):
        case = [SIGNATURES[0], spoiled(SIGNATURES[1], chance)]
        answers = {aggregated(case, name) for name in BACKENDS}
        assert len(answers) == 1, (seed, number, case)


def test_s50_a_signer_that_is_counted_twice_needs_two_signatures():
    once = bls.aggregate(SIGNATURES[:2])
    assert not bls.fast_aggregate_verify([*KEYS[:2], KEYS[0]], MESSAGE, once)
    assert bls.fast_aggregate_verify(KEYS[:2], MESSAGE, once)
