"""A signer elsewhere is believed only where it signed what it was asked."""

import pytest

from ledger.chain.signers import LocalSigner, RemoteSigner, SignerError
from ledger.chain.signing import Fees, address_of, sign_transaction
from tests.counterparts.signer import SignerElsewhere

pytestmark = pytest.mark.integration

TO = "0x" + "22" * 20
PARTS = (3, TO, b"\x01\x02", 50_000, Fees(2_000, 100), 7)
CREATION = (4, None, b"\x60\x80", 500_000, Fees(2_000, 100), 7)


def asking(signer):
    return RemoteSigner(signer.url, signer.address.lower())


@pytest.mark.parametrize("parts", [PARTS, CREATION])
@pytest.mark.parametrize("wraps", [False, True])
def test_the_key_elsewhere_signs_the_same_bytes_as_the_key_here(parts, wraps):
    with SignerElsewhere(wraps=wraps) as signer:
        here = LocalSigner(signer.key)
        assert asking(signer).address == here.address == address_of(signer.key)
        assert asking(signer).sign(*parts) == here.sign(*parts)
        assert here.sign(*parts) == sign_transaction(signer.key, *parts)


@pytest.mark.parametrize(
    "change",
    [
        {"to": "0x" + "33" * 20},
        {"value": 1},
        {"data": "0x99"},
        {"nonce": 4},
        {"gas": 60_000},
        {"chainId": 8},
        {"maxFeePerGas": 9_000},
        {"maxPriorityFeePerGas": 200},
        {"accessList": [{"address": TO, "storageKeys": []}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_transaction_that_was_not_asked_for_is_not_taken(change):
    with (
        SignerElsewhere(changes=change) as signer,
        pytest.raises(SignerError, match="something else"),
    ):
        asking(signer).sign(*PARTS)


def test_a_signature_of_another_account_is_not_taken():
    stranger = sign_transaction(b"\x55" * 32, *PARTS)
    with (
        SignerElsewhere(says={"result": "0x" + stranger.raw.hex()}) as signer,
        pytest.raises(SignerError, match="something else"),
    ):
        asking(signer).sign(*PARTS)


@pytest.mark.parametrize("result", ["0x", "0x02", "0xff00", "0x02c0"])
def test_bytes_that_are_no_transaction_are_not_taken(result):
    with SignerElsewhere(says={"result": result}) as signer, pytest.raises(SignerError):
        asking(signer).sign(*PARTS)


@pytest.mark.parametrize(
    "says", [{"result": None}, {"result": {}}, {"result": 7}, {"result": "raw"}, {}, b"<html>"]
)
def test_an_endpoint_that_is_no_signer_is_named_as_such(says):
    with (
        SignerElsewhere(says=says) as signer,
        pytest.raises(SignerError, match="does not answer as one"),
    ):
        asking(signer).sign(*PARTS)


def test_a_signer_that_refuses_or_is_gone_is_an_error_and_no_crash():
    with SignerElsewhere() as signer:
        stranger = RemoteSigner(signer.url, TO)
        with pytest.raises(SignerError, match="refuses: no key of that account"):
            stranger.sign(*PARTS)
        gone = asking(signer)
    with pytest.raises(SignerError, match="does not answer"):
        gone.sign(*PARTS)


def test_a_key_is_not_shown():
    assert "1111" not in repr(LocalSigner(b"\x11" * 32))
