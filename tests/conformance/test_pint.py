"""Our answers to other platforms, and what we take for theirs, by DCSA's own PINT schemas."""

import base64
import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.counterparts.ebl_platform import EblPlatform, party, sha256, unb64
from yidan.exchange.pint import messages, wire
from yidan.exchange.pint.actions import signers
from yidan.exchange.pint.events import SignerKind
from yidan.exchange.pint.here import here
from yidan.exchange.pint.rules.envelope import Announced
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role

LEI = "529900T8BM49AURSDO55"
TO = party("Consignee", "YIDN", LEI, "GLEIF", "LEI")
DOCUMENT = b"packing list"


@pytest.fixture(scope="module")
def wave():
    return EblPlatform()


@pytest.fixture(scope="module")
def fits(standards):
    """Judge a JSON value by one of PINT's schemas."""
    path = standards / "dcsa" / "pint" / "EBL_PINT_v3.0.0.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))

    def judge(name, value):
        reference = {"$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(
            {**reference, "components": document["components"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        ).validate(value)
        return True

    return judge


@pytest.fixture
def call(portal, wave):
    """Call as WAVE, which is registered, with its carrier."""
    platform = portal.organisation(Role.EBL_PLATFORM)
    portal.organisation(Role.CONSIGNEE, identifiers=[f"lei:{LEI}"])
    administrator = Actor(party=portal.organisation(Role.ADMINISTRATOR))
    for code, kind, jwks in (
        ("WAVE", SignerKind.PLATFORM, wave.jwks),
        ("SMDG:HMM", SignerKind.CARRIER, wave.carrier_jwks),
    ):
        command = signers.RegisterSigner(
            code=code, kind=kind, organisation_id=platform, url="", jwks=jwks
        )
        portal.run(
            lambda uow, command=command: signers.register_signer(
                command, here(portal.services), uow
            ),
            administrator,
        )
    machine = portal.machine(Role.EBL_PLATFORM, party=platform)

    def send(method, path, body=None):
        headers = machine.headers(**{"API-Version": "3"})
        answer = getattr(portal.client(), method)(f"/v3{path}", json=body, headers=headers)
        assert answer.headers["API-Version"] == "3.0.0"
        return answer

    return send


def signed(fits, answer):
    """The payload of a signed answer, both judged."""
    assert fits("EnvelopeTransferFinishedResponseSignedContent", answer.json)
    payload = json.loads(unb64(answer.json.split(".")[1]))
    assert fits("EnvelopeTransferFinishedResponse", payload)
    return payload["responseCode"]


def test_every_answer_of_a_transfer_has_its_schema(fits, call, wave):
    chain = wave.transferred(TO)
    envelope = wave.envelope(chain, [DOCUMENT])
    assert fits("EblEnvelope", envelope)
    assert fits("EnvelopeTransferChainEntry", json.loads(unb64(chain.entries[0].split(".")[1])))
    manifest = envelope["envelopeManifestSignedContent"].split(".")[1]
    assert fits("EnvelopeManifest", json.loads(unb64(manifest)))
    assert fits("IssuanceManifest", json.loads(unb64(chain.issuance.split(".")[1])))
    started = call("post", "/envelopes", envelope)
    assert started.status_code == 201
    assert fits("EnvelopeTransferStartedResponse", started.json)
    path = f"/envelopes/{started.json['envelopeReference']}"
    put = f"{path}/additional-documents/{sha256(DOCUMENT)}"
    assert signed(fits, call("put", put, base64.b64encode(b"x").decode())) == "INCD"
    assert signed(fits, call("put", f"{path}/finish-transfer")) == "MDOC"
    assert call("put", put, base64.b64encode(DOCUMENT).decode()).data == b""
    assert signed(fits, call("put", f"{path}/finish-transfer")) == "RECE"
    assert signed(fits, call("post", "/envelopes", envelope)) == "DUPE"
    other = wave.envelope(wave.transferred(TO, action="SIGN"))
    assert signed(fits, call("post", "/envelopes", other)) == "DISE"


def test_what_we_send_has_its_schema(fits, wave, portal):
    ours = here(portal.services)
    chain = wave.transferred(TO, visualisation=sha256(DOCUMENT))
    envelope = wave.envelope(chain, visualisation=DOCUMENT)
    step = {
        "actionCode": "TRANSFER",
        "actor": wire.party_named(messages.Party.read(TO).party()),
        "recipient": party("Buyer", "CARX", "BUYER"),
        "actionDateTime": "2026-11-22T08:00:00.000Z",
    }
    document = Announced("a" * 64, 7, "packing.txt", "text/plain")
    sent = wire.extended(
        wire.parse(json.dumps(envelope).encode()),
        [step],
        [document],
        here=ours.code,
        signer=ours.signer,
    )
    assert fits("EblEnvelope", sent)
    last = sent["envelopeTransferChain"][-1]
    assert fits("EnvelopeTransferChainEntry", json.loads(unb64(last.split(".")[1])))
    manifest = json.loads(unb64(sent["envelopeManifestSignedContent"].split(".")[1]))
    assert fits("EnvelopeManifest", manifest)
    assert manifest["eBLVisualisationByCarrier"]["documentChecksum"] == sha256(DOCUMENT)


def test_refusals_and_errors_have_their_schema(fits, call, wave, portal):
    elsewhere = wave.envelope(wave.transferred(party("C", "BOLE", "C")))
    assert signed(fits, call("post", "/envelopes", elsewhere)) == "BENV"
    unsigned = wave.envelope(
        wave.transferred(TO), lastEnvelopeTransferChainEntrySignedContentChecksum="0" * 64
    )
    assert signed(fits, call("post", "/envelopes", unsigned)) == "BSIG"
    for answer in (
        call("post", "/envelopes", {}),
        call("put", "/envelopes/none/finish-transfer"),
        portal.client().put("/v3/envelopes/none/finish-transfer"),
    ):
        assert answer.status_code in {400, 401, 404}
        assert fits("ErrorResponse", answer.json)


def test_a_receiver_is_named_by_the_schema(fits, call):
    asked = {"codeListProvider": "GLEIF", "partyCode": LEI, "codeListName": "LEI"}
    assert fits("IdentifyingCode", asked)
    answer = call("post", "/receiver-validation", asked)
    assert fits("ReceiverValidationResponse", answer.json)
    missing = call("post", "/receiver-validation", asked | {"partyCode": "none"})
    assert missing.status_code == 404
    assert fits("ErrorResponse", missing.json)
