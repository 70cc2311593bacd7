"""BLS signatures: known answers, bad points refused, the rogue key stopped by its missing proof."""

import pytest
from py_ecc.bls import G2ProofOfPossession
from py_ecc.bls.g2_primitives import G1_to_pubkey, pubkey_to_G1, subgroup_check
from py_ecc.optimized_bls12_381 import FQ, G1, add, b, is_on_curve, multiply, neg

from ledger import bls

# Consensus-specs test format "sign", case of this key over 32 zero bytes.
SECRET = bytes.fromhex("263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3")
PUBLIC = bytes.fromhex(
    "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"
)
SIGNATURE = bytes.fromhex(
    "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809"
    "0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55"
)
MESSAGE = bytes(32)
KEYS = [bls.key_gen(bytes([i]) * 32) for i in range(3)]
PUBLIC_KEYS = [bls.sk_to_pk(key) for key in KEYS]
INFINITY_1 = b"\xc0" + bytes(47)
INFINITY_2 = b"\xc0" + bytes(95)
MODULUS = FQ.field_modulus


def off_subgroup() -> bytes:
    """Return a point on the curve of G1 outside the subgroup."""
    for x in range(1, 100):
        y = pow(x**3 + 4, (MODULUS + 1) // 4, MODULUS)
        point = (FQ(x), FQ(y), FQ(1))
        if is_on_curve(point, b) and not subgroup_check(point):
            return G1_to_pubkey(point)
    raise AssertionError


BAD_KEYS = {
    "empty": b"",
    "too long": PUBLIC + b"\x00",
    "infinity": INFINITY_1,
    "uncompressed": b"\x00" + PUBLIC[1:],
    "infinity flag on a point": bytes([PUBLIC[0] | 0x40]) + PUBLIC[1:],
    "x not below p": bytes([0x80 | MODULUS >> 376]) + MODULUS.to_bytes(48, "big")[1:],
    "off the curve": b"\x80" + bytes(46) + b"\x01",
    "off the subgroup": off_subgroup(),
}


@pytest.mark.parametrize("backend", ["arkworks", "py_ecc"])
def test_the_known_signature_comes_out(backend):
    assert bls.sk_to_pk(SECRET, backend=backend) == PUBLIC
    assert bls.sign(SECRET, MESSAGE, backend=backend) == SIGNATURE


@pytest.mark.parametrize("backend", ["arkworks", "py_ecc"])
def test_the_known_signature_verifies_and_no_other_message_does(backend):
    assert bls.verify(PUBLIC, MESSAGE, SIGNATURE, backend=backend)
    assert not bls.verify(PUBLIC, MESSAGE + b"x", SIGNATURE, backend=backend)


def test_keys_are_derived_as_the_reference_derives_them():
    ikm = bytes(range(32))
    assert int.from_bytes(bls.key_gen(ikm), "big") == G2ProofOfPossession.KeyGen(ikm)
    assert int.from_bytes(bls.key_gen(ikm, b"i"), "big") == G2ProofOfPossession.KeyGen(ikm, b"i")
    with pytest.raises(bls.BlsError, match="at least 32"):
        bls.key_gen(bytes(31))


def test_both_backends_aggregate_and_prove_alike():
    signatures = [bls.sign(key, MESSAGE) for key in KEYS]
    total = bls.aggregate(signatures)
    assert bls.aggregate(signatures, backend="py_ecc") == total
    assert bls.fast_aggregate_verify(PUBLIC_KEYS, MESSAGE, total)
    assert bls.fast_aggregate_verify(PUBLIC_KEYS, MESSAGE, total, backend="py_ecc")
    assert bls.pop_prove(KEYS[0], backend="py_ecc") == bls.pop_prove(KEYS[0])


def test_an_aggregate_needs_every_signer_and_no_other():
    total = bls.aggregate([bls.sign(key, MESSAGE) for key in KEYS])
    assert not bls.fast_aggregate_verify(PUBLIC_KEYS[:2], MESSAGE, total)
    assert not bls.fast_aggregate_verify([*PUBLIC_KEYS, PUBLIC], MESSAGE, total)
    assert not bls.fast_aggregate_verify(PUBLIC_KEYS, b"other", total)
    assert not bls.fast_aggregate_verify([], MESSAGE, total)


def test_an_aggregate_over_several_messages_verifies_in_its_order_only():
    messages = [b"a", b"b", b"c"]
    total = bls.aggregate([bls.sign(k, m) for k, m in zip(KEYS, messages, strict=True)])
    assert bls.aggregate_verify(PUBLIC_KEYS, messages, total)
    assert not bls.aggregate_verify(PUBLIC_KEYS, messages[::-1], total)
    assert not bls.aggregate_verify(PUBLIC_KEYS, messages[:2], total)
    assert not bls.aggregate_verify([], [], total)


@pytest.mark.parametrize("backend", ["arkworks", "py_ecc"])
@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_s50_a_bad_key_never_verifies(key, backend):
    assert not bls.verify(key, MESSAGE, SIGNATURE, backend=backend)
    assert not bls.fast_aggregate_verify([key], MESSAGE, SIGNATURE, backend=backend)


BAD_SIGNATURES = {
    "empty": b"",
    "infinity": INFINITY_2,
    "a bit flipped": SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1]),
    "x not below p": b"\x9f" + b"\xff" * 95,
    "off the subgroup": b"\x80" + bytes(94) + b"\x02",
}


@pytest.mark.parametrize("backend", ["arkworks", "py_ecc"])
@pytest.mark.parametrize("signature", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
def test_s50_a_bad_signature_never_verifies_nor_aggregates(signature, backend):
    assert not bls.verify(PUBLIC, MESSAGE, signature, backend=backend)
    with pytest.raises(bls.BlsError):
        bls.aggregate([signature], backend=backend)


def test_nothing_and_what_cancels_out_cannot_be_aggregated():
    negative = bytes([SIGNATURE[0] ^ 0x20]) + SIGNATURE[1:]  # the sign bit: the point's negative
    with pytest.raises(bls.BlsError, match="nothing"):
        bls.aggregate([])
    with pytest.raises(bls.BlsError, match="infinity"):
        bls.aggregate([SIGNATURE, negative])


def test_s50_keys_that_cancel_out_verify_nothing():
    negative = bytes([PUBLIC[0] ^ 0x20]) + PUBLIC[1:]
    assert not bls.fast_aggregate_verify([PUBLIC, negative], MESSAGE, INFINITY_2)
    assert not bls.fast_aggregate_verify([PUBLIC, negative], MESSAGE, SIGNATURE)


@pytest.mark.parametrize("secret", [bytes(32), bytes(31), bls.ORDER.to_bytes(32, "big")])
def test_a_bad_secret_key_is_refused(secret):
    for use in (bls.sk_to_pk, bls.pop_prove, lambda key: bls.sign(key, b"")):
        with pytest.raises(bls.BlsError, match="secret key"):
            use(secret)


def test_s50_a_rogue_key_forges_the_others_signature_but_cannot_prove_possession():
    customs = PUBLIC_KEYS[0]
    mine = int.from_bytes(KEYS[1], "big")
    rogue = bytes(G1_to_pubkey(add(multiply(G1, mine), neg(pubkey_to_G1(customs)))))
    forged = bls.sign(KEYS[1], MESSAGE)  # customs never signed
    assert bls.fast_aggregate_verify([customs, rogue], MESSAGE, forged)
    for attempt in (bls.pop_prove(KEYS[1]), bls.pop_prove(KEYS[0]), bls.sign(KEYS[1], rogue)):
        assert not bls.pop_verify(rogue, attempt)


def test_a_proof_of_possession_is_of_its_key_and_no_signature():
    proof = bls.pop_prove(SECRET)
    assert bls.pop_verify(PUBLIC, proof)
    assert not bls.pop_verify(PUBLIC_KEYS[0], proof)
    assert not bls.pop_verify(PUBLIC, bls.sign(SECRET, PUBLIC))
    assert not bls.verify(PUBLIC, PUBLIC, proof)
