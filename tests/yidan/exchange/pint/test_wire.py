"""Signed texts: whatever is changed in an envelope is seen."""

import base64
import copy
import json

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey

from tests.counterparts.ebl_platform import EblPlatform, RsaKey, canonical, party, sha256
from yidan.exchange.pint import signing, wire
from yidan.exchange.pint.rules.chain import transactions_of
from yidan.exchange.pint.rules.findings import chain_findings, link_findings, signing_findings
from yidan.kernel.errors import BadRequestError

WAVE = EblPlatform()
US = party("Consignee", "YIDN", "C1")
CHAIN = WAVE.extended(
    WAVE.issued(), {"actionCode": "TRANSFER", "actor": WAVE.shipper, "recipient": US,
                    "actionDateTime": "2026-11-22T08:00:00.000Z"}
)  # fmt: skip
GOOD = WAVE.envelope(CHAIN, [b"packing list"])
KEYS = {"WAVE": signing.read_keys(WAVE.jwks), "SMDG:HMM": signing.read_keys(WAVE.carrier_jwks)}
SIGNER = signing.Signer(ECKey.generate_key("P-256"))


def accepted(raw):
    """Whether every check of an envelope by itself lets it through."""
    try:
        opened = wire.open_envelope(wire.parse(raw), sender="WAVE", keys=KEYS)
    except BadRequestError:
        return False
    envelope = opened.envelope
    if envelope is None or opened.unsigned:
        return False
    wrong = [*signing_findings(envelope), *link_findings(envelope)]
    return not wrong and not chain_findings(envelope, sender="WAVE", here="YIDN")


def test_a_good_envelope_is_accepted_and_read():
    assert accepted(json.dumps(GOOD).encode())
    opened = wire.open_envelope(wire.parse(json.dumps(GOOD).encode()), sender="WAVE", keys=KEYS)
    assert opened.envelope.reference == "HHL71800000"
    assert opened.envelope.document_checksum == sha256(canonical(GOOD["transportDocument"]))
    assert [one.action for one in transactions_of(opened.envelope.entries)] == [
        "ISSUE",
        "TRANSFER",
    ]
    assert wire.platforms_named(wire.parse(json.dumps(GOOD).encode())) == {"WAVE"}


SIGNED = [("envelopeManifestSignedContent",), ("envelopeTransferChain", 0),
          ("envelopeTransferChain", 1)]  # fmt: skip


@effort(max_examples=300)
@given(st.sampled_from(SIGNED), st.data())
def test_no_change_of_a_signed_text_is_accepted(path, data):
    changed = copy.deepcopy(GOOD)
    at = changed
    for step in path[:-1]:
        at = at[step]
    text = at[path[-1]]
    where = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda sign: sign != text[where]))
    at[path[-1]] = text[:where] + other + text[where + 1 :]
    assert not accepted(json.dumps(changed).encode())


def leaves(value, path=()):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield from leaves(inner, (*path, name))
    else:
        yield path, value


@effort(max_examples=150)
@given(st.sampled_from(list(leaves(GOOD["transportDocument"]))), st.data())
def test_no_change_of_the_bill_is_accepted(leaf, data):
    path, value = leaf
    changed = copy.deepcopy(GOOD)
    at = changed["transportDocument"]
    for step in path[:-1]:
        at = at[step]
    if data.draw(st.booleans()) and isinstance(at, dict):
        del at[path[-1]]
    else:
        other = data.draw(st.one_of(st.text(max_size=9), st.integers(-9, 9), st.booleans()))
        if type(other) is type(value) and other == value:
            return
        at[path[-1]] = other
    assert not accepted(json.dumps(changed).encode())


@effort(max_examples=50)
@given(st.permutations([0, 1]), st.integers(0, 2))
def test_a_chain_is_accepted_in_its_order_and_whole_only(order, length):
    changed = GOOD | {"envelopeTransferChain": [CHAIN.entries[n] for n in order][:length]}
    assert accepted(json.dumps(changed).encode()) == (list(order) == [0, 1] and length == 2)


def test_the_order_of_members_and_the_form_of_numbers_do_not_matter():
    bill = {**CHAIN.bill, "note": {"b": 12000, "a": 1}}
    chain = WAVE.extended(
        WAVE.issued(note={"a": 1, "b": 12000}),
        {"actionCode": "TRANSFER", "actor": WAVE.shipper, "recipient": US,
         "actionDateTime": "2026-11-22T08:00:00.000Z"},
    )  # fmt: skip
    envelope = WAVE.envelope(chain) | {"transportDocument": bill}
    assert accepted(json.dumps(envelope).replace('"b": 12000', '"b": 12000.0').encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"a":1,"a":2}', b"\xff", b'{"a":1e999}'])
def test_what_is_no_envelope_is_refused_with_reasons(raw):
    with pytest.raises(BadRequestError) as refused:
        wire.parse(raw)
    assert refused.value.reasons


def test_a_chain_beyond_measure_is_not_read():
    long = GOOD | {"envelopeTransferChain": CHAIN.entries[:1] * (wire.MAX_ENTRIES + 1)}
    with pytest.raises(BadRequestError) as refused:
        wire.parse(json.dumps(long).encode())
    assert refused.value.reasons[0].code == "ebl-chain-too-long"


def test_a_payload_that_is_no_entry_is_told_apart_from_a_bad_signature():
    broken = GOOD | {"envelopeTransferChain": [WAVE.key.sign(b"[]"), CHAIN.entries[1]]}
    opened = wire.open_envelope(wire.parse(json.dumps(broken).encode()), sender="WAVE", keys=KEYS)
    assert opened.envelope is None
    assert [one.code for one in opened.unreadable] == ["ebl-payload-unreadable"]
    no_manifest = GOOD | {"envelopeManifestSignedContent": WAVE.key.sign(b"{}")}
    sent = wire.parse(json.dumps(no_manifest).encode())
    assert wire.open_envelope(sent, sender="WAVE", keys=KEYS).envelope is None


def test_an_issuance_manifest_that_cannot_be_read_is_told():
    bill = WAVE.issued()
    chain = WAVE.extended(
        type(bill)(bill.bill), issuanceManifestSignedContent=WAVE.carrier_key.sign(b"7"),
        transactions=json.loads(base64.urlsafe_b64decode(
            bill.entries[0].split(".")[1] + "=="))["transactions"],
    )  # fmt: skip
    sent = wire.parse(json.dumps(WAVE.envelope(chain)).encode())
    opened = wire.open_envelope(sent, sender="WAVE", keys=KEYS)
    assert [one.params["where"] for one in opened.unreadable] == ["the issuance manifest"]


# --- keys and signatures ------------------------------------------------------------------------


def test_a_key_in_the_header_is_not_looked_at():
    stranger = RsaKey()
    text = stranger.sign(b"{}", jwk=stranger.jwk)
    assert signing.verifies(text, signing.read_keys({"keys": [stranger.jwk]}))
    assert not signing.verifies(text, KEYS["WAVE"])


@pytest.mark.parametrize(
    "header", [{"b64": False, "crit": ["b64"]}, {"crit": ["exp"]}, {"alg": "none"}]
)
def test_headers_that_change_what_is_signed_are_refused(header):
    assert not signing.verifies(WAVE.key.sign(b"{}", **header), KEYS["WAVE"])


def test_a_twin_of_a_signature_is_refused():
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = WAVE.key.sign(b"{}")
    twin = text[:-1] + signs[signs.index(text[-1]) ^ 1]
    cut = twin.rsplit(".", 1)[1]
    same = [base64.urlsafe_b64decode(s + "==") for s in (cut, text.rsplit(".", 1)[1])]
    assert same[0] == same[1]
    assert signing.verifies(text, KEYS["WAVE"])
    assert not signing.verifies(twin, KEYS["WAVE"])


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "ä.b.c"])
def test_what_is_no_signed_text_verifies_with_nothing(text):
    assert signing.payload_of(text) is None
    assert not signing.verifies(text, KEYS["WAVE"])


def test_our_signatures_verify_with_our_published_key():
    text = SIGNER.sign({"a": 1})
    assert signing.verifies(text, signing.read_keys({"keys": [SIGNER.public]}))
    assert signing.verifies(text, SIGNER.keys)
    assert not signing.verifies(text, KEYS["WAVE"])
    assert not signing.verifies(text, None)


def test_only_public_keys_of_key_pairs_are_read():
    okp = OKPKey.generate_key("Ed25519").as_dict(private=False)
    assert signing.read_keys({"keys": [okp]})
    secret = OctKey.generate_key(256).as_dict(private=True)
    private = ECKey.generate_key("P-256").as_dict(private=True)
    for bad in ({}, {"keys": []}, {"keys": [7]}, {"keys": [{}]}, {"keys": [secret]},
                {"keys": [private]}):  # fmt: skip
        with pytest.raises(ValueError, match=r"keys|JWK"):
            signing.read_keys(bad)
