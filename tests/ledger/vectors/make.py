"""Write the vectors beside this file anew: `python tests/ledger/vectors/make.py`.

They are made by plain definitions that share no code with `ledger`: RFC 6962's recursive formulas
written out as they stand there, and py_ecc. Whoever writes another verifier may use them: hashes,
keys and signatures are lower-case hex, `valid` says what must come out.
"""

import hashlib
import json
import random
from pathlib import Path

from py_ecc.bls import G2ProofOfPossession as Scheme
from py_ecc.bls.g2_primitives import G1_to_pubkey, G2_to_signature, pubkey_to_G1, signature_to_G2
from py_ecc.optimized_bls12_381 import G1, add, curve_order, multiply, neg

HERE = Path(__file__).parent
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 33, 257, 300)
SECRETS = [int.from_bytes(hashlib.sha256(b"yidan %d" % n).digest(), "big") % curve_order
           for n in range(4)]  # fmt: skip
MESSAGE = hashlib.sha256(b"yidan vectors").digest()


def leaf(number):
    """The leaf hash of a decimal number in ASCII: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + str(number).encode()).digest()


def split(count):
    """RFC 6962 2.1: the largest power of two smaller than count."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def mth(leaves):
    """RFC 6962 2.1: the Merkle tree hash."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    """RFC 6962 2.1.1: PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m, leaves, *, whole=True):
    """RFC 6962 2.1.2: SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def damaged(proof, chance):
    """A proof with a bit turned, a hash gone, doubled or added."""
    ways = [[*proof, leaf(999)], [leaf(999), *proof]]
    if proof:
        at = chance.randrange(len(proof))
        turned = bytes([proof[at][0] ^ 1 << chance.randrange(8)]) + proof[at][1:]
        ways += [
            [*proof[:at], turned, *proof[at + 1 :]],
            proof[:at] + proof[at + 1 :],
            [*proof[: at + 1], *proof[at:]],
        ]
    return ways


def inclusion(chance):
    """Proofs of the first, a middle and the last leaf, and damaged twins of the middle one's."""
    for size in SIZES:
        leaves = [leaf(n) for n in range(size)]
        for index in sorted({0, size // 2, size - 1}):
            good = path(index, leaves)
            for proof in [good, *(damaged(good, chance) if index == size // 2 else ())]:
                yield {
                    "leaf": leaves[index].hex(), "index": index, "size": size,
                    "proof": [h.hex() for h in proof], "root": mth(leaves).hex(),
                    "valid": proof == good,
                }  # fmt: skip


def consistency(chance):
    """Proofs between sizes, and damaged twins of the one from half the size."""
    for size2 in SIZES:
        leaves = [leaf(n) for n in range(size2)]
        for size1 in sorted({1, size2 // 2 or 1, size2 - 1 or 1, size2}):
            good = subproof(size1, leaves)
            for proof in [good, *(damaged(good, chance) if size1 == size2 // 2 else ())]:
                yield {
                    "size1": size1, "size2": size2, "proof": [h.hex() for h in proof],
                    "root1": mth(leaves[:size1]).hex(), "root2": mth(leaves).hex(),
                    "valid": proof == good,
                }  # fmt: skip


def bls_cases():
    """Aggregates of one message: good ones, and the bad ones of LEDGER 9 S50."""
    keys = [Scheme.SkToPk(secret) for secret in SECRETS]
    signatures = [Scheme.Sign(secret, MESSAGE) for secret in SECRETS]
    three = Scheme.Aggregate(signatures[:3])
    rogue = G1_to_pubkey(add(multiply(G1, SECRETS[1]), neg(pubkey_to_G1(keys[0]))))
    minus = G2_to_signature(neg(signature_to_G2(signatures[0])))
    cases = [
        ("one signer", keys[:1], signatures[0], True),
        ("three signers", keys[:3], three, True),
        ("the keys in another order", keys[2::-1], three, True),
        ("a signer is missing", keys[:2], three, False),
        ("a key too many", keys, three, False),
        ("a key twice", [*keys[:3], keys[2]], three, False),
        ("a key twice and its signature twice", [*keys[:3], keys[2]],
         Scheme.Aggregate([*signatures[:3], signatures[2]]), True),
        ("a rogue key, whose possession nobody can prove", [keys[0], rogue], signatures[1], True),
        ("no key", [], three, False),
        ("a key at infinity", [*keys[:3], b"\xc0" + bytes(47)], three, False),
        ("a signature at infinity", keys[:1], b"\xc0" + bytes(95), False),
        ("keys that cancel out", [keys[0], G1_to_pubkey(neg(pubkey_to_G1(keys[0])))],
         b"\xc0" + bytes(95), False),
        ("the negative signature", keys[:1], minus, False),
        ("a signature of another message", keys[:1], Scheme.Sign(SECRETS[0], b"x"), False),
        ("a proof of possession for a signature", keys[:1], Scheme.PopProve(SECRETS[0]), False),
    ]  # fmt: skip
    for name, public_keys, signature, valid in cases:
        yield {
            "case": name, "publicKeys": [key.hex() for key in public_keys],
            "message": MESSAGE.hex(), "signature": signature.hex(), "valid": valid,
        }  # fmt: skip


def possession_cases():
    """Proofs of possession, and what is none."""
    keys = [Scheme.SkToPk(secret) for secret in SECRETS]
    rogue = G1_to_pubkey(add(multiply(G1, SECRETS[1]), neg(pubkey_to_G1(keys[0]))))
    for name, key, proof, valid in [
        ("of its key", keys[0], Scheme.PopProve(SECRETS[0]), True),
        ("of another key", keys[1], Scheme.PopProve(SECRETS[0]), False),
        ("a plain signature of the key", keys[0], Scheme.Sign(SECRETS[0], keys[0]), False),
        ("a rogue key with the attacker's proof", rogue, Scheme.PopProve(SECRETS[1]), False),
    ]:
        yield {"case": name, "publicKey": key.hex(), "proof": proof.hex(), "valid": valid}


def merkle():
    """The content of merkle.json."""
    chance = random.Random(6962)  # noqa: S311 - damage, not secrets
    return {"inclusion": [*inclusion(chance)], "consistency": [*consistency(chance)]}


def bls():
    """The content of bls.json."""
    return {"fastAggregateVerify": [*bls_cases()], "popVerify": [*possession_cases()]}


def write(value):
    """A file's text: one case a line."""
    parts = []
    for name, cases in value.items():
        lines = ",\n".join(json.dumps(case) for case in cases)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    (HERE / "merkle.json").write_text(write(merkle()), "utf-8")
    (HERE / "bls.json").write_text(write(bls()), "utf-8")
