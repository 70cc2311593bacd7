"""The vectors that this repository offers to other verifiers: they are what they say they are."""

import importlib.util
import json
from pathlib import Path

import pytest

from ledger import bls, merkle
from ledger.proof import ProofError, verify_consistency, verify_inclusion

FOLDER = Path(__file__).parent / "vectors"
MERKLE = json.loads((FOLDER / "merkle.json").read_text("utf-8"))
BLS = json.loads((FOLDER / "bls.json").read_text("utf-8"))


def verdict(check, *arguments) -> bool:
    try:
        check(*arguments)
    except ProofError:
        return False
    return True


def unhex(hashes):
    return [bytes.fromhex(h) for h in hashes]


def test_s60_inclusion_vectors_are_judged_as_they_say():
    for case in MERKLE["inclusion"]:
        leaf, root = unhex([case["leaf"], case["root"]])
        arguments = leaf, case["index"], case["size"], unhex(case["proof"]), root
        assert verdict(verify_inclusion, *arguments) == case["valid"], case


def test_s60_consistency_vectors_are_judged_as_they_say():
    for case in MERKLE["consistency"]:
        roots = unhex([case["root1"], case["root2"]])
        arguments = case["size1"], case["size2"], unhex(case["proof"]), *roots
        assert verdict(verify_consistency, *arguments) == case["valid"], case


def test_s60_our_proofs_are_the_ones_of_the_vectors():
    store = merkle.MemoryTiles()
    merkle.append(store, 0, [merkle.leaf_hash(str(n).encode()) for n in range(300)])
    for case in MERKLE["inclusion"]:
        if case["valid"]:
            made = merkle.inclusion_proof(store, case["index"], case["size"])
            assert made == unhex(case["proof"])
    for case in MERKLE["consistency"]:
        if case["valid"]:
            made = merkle.consistency_proof(store, case["size1"], case["size2"])
            assert made == unhex(case["proof"])


@pytest.mark.parametrize("case", BLS["fastAggregateVerify"], ids=lambda case: case["case"])
def test_s50_an_aggregate_is_judged_as_the_vector_says(case):
    keys, signature = unhex(case["publicKeys"]), bytes.fromhex(case["signature"])
    message = bytes.fromhex(case["message"])
    assert bls.fast_aggregate_verify(keys, message, signature) == case["valid"]


@pytest.mark.parametrize("case", BLS["popVerify"], ids=lambda case: case["case"])
def test_s50_a_proof_of_possession_is_judged_as_the_vector_says(case):
    assert bls.pop_verify(*unhex([case["publicKey"], case["proof"]])) == case["valid"]


def test_the_vectors_are_what_their_definitions_make():
    spec = importlib.util.spec_from_file_location("make_vectors", FOLDER / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert make.write(make.merkle()) == (FOLDER / "merkle.json").read_text("utf-8")
