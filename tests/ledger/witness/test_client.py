"""The log's side: it believes only what verifies, and knows when it was rolled back."""

from dataclasses import replace

import httpx
import pytest

from ledger import checkpoint as checkpoints
from ledger import merkle
from ledger.note import Signature
from ledger.policy import BlsKey
from ledger.succession import History
from ledger.witness import TIME_HEADER, client
from ledger.witness.client import (
    WitnessAheadError,
    WitnessRefusedError,
    WitnessUnreachableError,
)


@pytest.fixture
def ask(watched, cast, tree, head):
    """Ask the witness, over a transport that calls it directly or is given."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://witness.test/add-checkpoint"
        wanted = request.headers[TIME_HEADER]
        found = watched.cosigner.add_checkpoint(History(watched.policy), request.content, wanted)
        return httpx.Response(found.status, content=found.body)

    def run(size, *, old_size=0, transport=answer, witness=None, time=watched.now):
        with httpx.Client(transport=httpx.MockTransport(transport)) as http:
            return client.ask(
                http,
                watched.policy,
                witness or watched.me,
                head(size),
                checkpoints.sign(head(size), cast.log),
                proof_from=lambda old: merkle.consistency_proof(tree.store, old, size),
                old_size=old_size,
                time=time,
            )

    run.answer = answer
    return run


def test_both_signatures_come_back_verified(ask, watched, head):
    cosigned = ask(5, time=watched.now - 3)
    assert cosigned.time == watched.now
    assert checkpoints.verify(head(5), watched.me.key, cosigned.cosignature) == watched.now
    assert cosigned.bls.payload[:8] == (watched.now - 3).to_bytes(8, "big")


def test_a_log_that_forgot_asks_again_from_the_told_size(ask):
    ask(5)
    assert ask(9).witness.name == "me"
    assert ask(20, old_size=9)


@pytest.mark.parametrize("offset", [-601, 601, 2**60])
def test_a_cosignature_of_a_time_far_off_is_refused(ask, watched, head, offset):
    at = watched.now + offset
    line = checkpoints.cosign(head(5), watched.keys.name, watched.keys.ed25519, at)
    with pytest.raises(WitnessRefusedError, match="clock is far"):
        ask(5, transport=lambda _: httpx.Response(200, text=line.encode()))


def test_a_rolled_back_log_is_told_so(ask):
    ask(9)
    with pytest.raises(WitnessAheadError, match="has seen 9 leaves, this log has 5"):
        ask(5)


def test_a_witness_that_does_not_answer_is_named(ask):
    def dead(request):
        raise httpx.ConnectError("refused")

    with pytest.raises(WitnessUnreachableError, match="me does not answer"):
        ask(5, transport=dead)


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (403, "the log did not sign\n", "answered 403: the log did not sign"),
        (500, "", "answered 500"),
        (409, "many\n", "without a size"),
        (409, "3\n", "changed its mind"),
        (200, "", "does not verify"),
        (200, "nonsense\n", "does not verify"),
        (200, "— someone.example AAAAAAA=\n", "no cosignature of its key"),
    ],
)
def test_a_wrong_answer_is_refused(ask, status, text, reason):
    with pytest.raises(WitnessRefusedError, match=reason):
        ask(5, transport=lambda _: httpx.Response(status, text=text))


def test_a_signature_that_does_not_verify_is_refused(ask, watched, head):
    other = checkpoints.cosign(head(6), watched.keys.name, watched.keys.ed25519, watched.now)
    with pytest.raises(WitnessRefusedError, match="does not verify"):
        ask(5, transport=lambda _: httpx.Response(200, text=other.encode()))


@pytest.mark.parametrize("place", [0, -1])
def test_a_damaged_bls_line_is_refused(ask, place):
    def damaged(request):
        first, second = ask.answer(request).text.splitlines()
        line = Signature.parse(second)
        payload = bytearray(line.payload)
        payload[place] ^= 1
        return httpx.Response(
            200, text=first + "\n" + replace(line, payload=bytes(payload)).encode()
        )

    with pytest.raises(WitnessRefusedError, match="BLS signature does not verify"):
        ask(5, transport=damaged)


def test_a_bls_line_over_another_time_is_refused(ask, watched):
    def eager(request):
        request.headers[TIME_HEADER] = str(watched.now + 1)
        return ask.answer(request)

    with pytest.raises(WitnessRefusedError, match="another time"):
        ask(5, transport=eager)


def test_a_bls_key_without_proof_is_refused(ask, watched):
    bad = replace(watched.me, bls=BlsKey(watched.me.bls.public_key, bytes(96)))
    with pytest.raises(WitnessRefusedError, match="not proved"):
        ask(5, witness=bad)


def test_a_witness_that_sends_no_bls_line_still_counts(ask):
    def short(request):
        return httpx.Response(200, text=ask.answer(request).text.splitlines()[0] + "\n")

    assert ask(5, transport=short).bls is None
