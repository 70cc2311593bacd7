"""The RFC 6962 vectors that Certificate Transparency code shares (LEDGER 9, S60).

Source: transparency-dev/merkle, `testdata/inclusion` and `testdata/consistency`. Looked for in the
folder `merkle` of CONFORMANCE_DIR; not collected where it is not there.

Some vectors hold words where a hash belongs ("don't care") and let them pass where nothing is
computed from them; we refuse what is not 32 bytes long.
"""

import base64
import json

import pytest

from ledger.proof import ProofError, verify_consistency, verify_inclusion


@pytest.fixture(scope="module")
def vectors(standards):
    return standards / "merkle" / "testdata"


def read(folder):
    return {path: json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob("*.json"))}


def decoded(values):
    return [base64.b64decode(value or "") for value in values or ()]


def want_refusal(case, hashes):
    return case["wantErr"] or any(len(value) != 32 for value in hashes)


def is_refused(check, *arguments):
    try:
        check(*arguments)
    except ProofError:
        return True
    return False


def test_s60_public_inclusion_vectors_are_judged_as_they_say(vectors):
    cases = read(vectors / "inclusion")
    assert len(cases) > 90
    for path, case in cases.items():
        leaf, root = decoded([case["leafHash"], case["root"]])
        proof = decoded(case["proof"])
        arguments = leaf, case["leafIdx"], case["treeSize"], proof, root
        expected = want_refusal(case, [leaf, root, *proof])
        assert is_refused(verify_inclusion, *arguments) == expected, path


def test_s60_public_consistency_vectors_are_judged_as_they_say(vectors):
    cases = read(vectors / "consistency")
    assert len(cases) > 90
    for path, case in cases.items():
        proof, roots = decoded(case["proof"]), decoded([case["root1"], case["root2"]])
        arguments = case["size1"], case["size2"], proof, *roots
        expected = want_refusal(case, [*proof, *roots])
        assert is_refused(verify_consistency, *arguments) == expected, path
