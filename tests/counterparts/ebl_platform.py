"""Another platform for electronic bills, and a carrier that signs: DCSA PINT 3.0 from their side.

Standard library and `cryptography` only: signed texts and canonical JSON are made by hand, so that
what we read was not written by our own code. Documents here hold no fractions but those given.
"""

import base64
import copy
import hashlib
import http.client
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tests.counterparts import wire

AT = "2026-11-22T08:00:00.000Z"
BILL = {
    "transportDocumentReference": "HHL71800000",
    "transportDocumentStatus": "ISSUED",
    "transportDocumentTypeCode": "BOL",
    "isShippedOnBoardType": True,
    "freightPaymentTermCode": "PRE",
    "isElectronic": True,
    "isToOrder": True,
    "invoicePayableAt": {"UNLocationCode": "DKAAR"},
    "partyContactDetails": [{"name": "连云港", "email": "bill@carrier.example"}],
    "documentParties": {
        "shipper": {"partyName": "Shipper", "partyContactDetails": [
            {"name": "Shipper", "email": "shipper@shipper.example"}]},
        "issuingParty": {"partyName": "Carrier", "address": {
            "street": "Street", "city": "Seoul", "countryCode": "KR"}},
    },
    "consignmentItems": [
        {
            "carrierBookingReference": "ABC709951",
            "descriptionOfGoods": ["Shoes - black, 400 boxes"],
            "HSCodes": ["640510"],
            "cargoItems": [
                {
                    "equipmentReference": "CSQU3054383",
                    "cargoGrossWeight": {"value": 12000, "unit": "KGM"},
                    "outerPackaging": {"numberOfPackages": 400, "packageCode": "4G",
                                       "description": "Fibreboard boxes"},
                }
            ],
        }
    ],
    "utilizedTransportEquipments": [
        {
            "isShipperOwned": False,
            "seals": [{"number": "EO7781203"}],
            "equipment": {"equipmentReference": "CSQU3054383", "ISOEquipmentCode": "22G1"},
        }
    ],
    "termsAndConditions": "None.",
    "receiptTypeAtOrigin": "CY",
    "deliveryTypeAtDestination": "CY",
    "cargoMovementTypeAtOrigin": "FCL",
    "cargoMovementTypeAtDestination": "FCL",
    "carrierCode": "HMM",
    "carrierCodeListProvider": "SMDG",
    "transports": {
        "plannedDepartureDate": "2026-11-19",
        "plannedArrivalDate": "2026-12-21",
        "portOfLoading": {"UNLocationCode": "CNLYG"},
        "portOfDischarge": {"UNLocationCode": "DEBRV"},
        "vesselVoyages": [
            {"vesselName": "EAST OCEAN HARMONY", "carrierExportVoyageNumber": "062E"}],
    },
}  # fmt: skip


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(data):
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical(value):
    """RFC 8785 for values whose numbers are integers and whose names are in the BMP."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class RsaKey:
    """Signs PS256, as DCSA's own reference does."""

    def __init__(self):
        self.key = rsa.generate_private_key(65537, 2048)

    @property
    def jwk(self):
        numbers = self.key.public_key().public_numbers()
        n, e = (b64(one.to_bytes((one.bit_length() + 7) // 8)) for one in (numbers.n, numbers.e))
        return {"kty": "RSA", "n": n, "e": e}

    def sign(self, payload, **header):
        head = b64(json.dumps({"alg": "PS256", **header}).encode())
        signed = f"{head}.{b64(payload)}".encode()
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return f"{signed.decode()}.{b64(self.key.sign(signed, pss, hashes.SHA256()))}"


def verified(text, jwk):
    """The payload of a text that an ES256 key signed; None if it did not."""
    head, payload, signature = text.split(".")
    assert json.loads(unb64(head))["alg"] == "ES256"
    x, y = (int.from_bytes(unb64(jwk[name])) for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unb64(signature)
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    try:
        key.verify(
            utils.encode_dss_signature(r, s),
            f"{head}.{payload}".encode(),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        return None
    return json.loads(unb64(payload))


def party(name, platform, code, provider=None, list_name=None):
    """An actor or recipient with one code."""
    one = {"codeListProvider": provider or platform, "partyCode": code}
    if list_name:
        one["codeListName"] = list_name
    return {"partyName": name, "eblPlatform": platform, "identifyingCodes": [one]}


def transaction(action, actor, recipient=None, **more):
    found = {"actionCode": action, "actor": actor, "actionDateTime": AT, **more}
    return found | ({"recipient": recipient} if recipient else {})


@dataclass
class Chain:
    """A bill with the entries signed so far."""

    bill: dict
    entries: list = field(default_factory=list)
    issuance: str = ""

    @property
    def checksum(self):
        return sha256(canonical(self.bill))

    def copy(self):
        return Chain(self.bill, list(self.entries), self.issuance)


@dataclass
class EblPlatform:
    """A platform such as WAVE."""

    code: str = "WAVE"
    key: RsaKey = field(default_factory=RsaKey)
    carrier_key: RsaKey = field(default_factory=RsaKey)

    def __post_init__(self):
        self.carrier = party("Carrier", self.code, "CARRIER")
        self.shipper = party("Shipper", self.code, "SHIPPER")

    @property
    def jwks(self):
        return {"keys": [{**self.key.jwk, "kid": "1"}]}

    @property
    def carrier_jwks(self):
        return {"keys": [self.carrier_key.jwk]}

    def issued(self, *more, visualisation="", **changes):
        """A chain that starts with this platform's ISSUE to its shipper, and what follows."""
        chain = Chain({**copy.deepcopy(BILL), **changes})
        manifest = {"documentChecksum": chain.checksum, "issueToChecksum": "0" * 64}
        if visualisation:
            manifest["eBLVisualisationByCarrierChecksum"] = visualisation
        chain.issuance = self.carrier_key.sign(canonical(manifest))
        issue = transaction("ISSUE", self.carrier, self.shipper)
        return self.extended(chain, issue, *more, issuanceManifestSignedContent=chain.issuance)

    def extended(self, chain, *transactions, **more):
        """The chain with one more entry of this platform."""
        entry = {
            "eblPlatform": self.code,
            "transportDocumentChecksum": chain.checksum,
            "transactions": list(transactions),
            **more,
        }
        if chain.entries:
            entry["previousEnvelopeTransferChainEntrySignedContentChecksum"] = sha256(
                chain.entries[-1]
            )
        found = chain.copy()
        found.entries.append(self.key.sign(canonical(entry), kid="1"))
        return found

    def resigned(self, chain):
        """The same chain, its last entry signed once more."""
        found = chain.copy()
        payload = unb64(found.entries[-1].split(".")[1])
        found.entries[-1] = self.key.sign(payload, kid="1")
        return found

    def transferred(self, to, *, action="TRANSFER", **options):
        """A bill issued here and transferred to a recipient, in one entry."""
        return self.issued(transaction(action, self.shipper, to), **options)

    def envelope(self, chain, documents=(), visualisation=None, **changes):
        """An envelope with the documents announced."""
        manifest = {
            "transportDocumentChecksum": chain.checksum,
            "lastEnvelopeTransferChainEntrySignedContentChecksum": sha256(chain.entries[-1]),
            "supportingDocuments": [self.metadata(one) for one in documents],
        }
        if visualisation is not None:
            manifest["eBLVisualisationByCarrier"] = self.metadata(visualisation)
        return {
            "transportDocument": chain.bill,
            "envelopeManifestSignedContent": self.key.sign(canonical(manifest | changes)),
            "envelopeTransferChain": chain.entries,
        }

    def metadata(self, document):
        return {
            "name": "document.bin",
            "size": len(document),
            "mediaType": "application/octet-stream",
            "documentChecksum": sha256(document),
        }

    def call(self, method, base, path, body=None, *, token=""):
        """Call another platform over HTTP: status, API version and JSON of the answer."""
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        headers = {"API-Version": "3", "Authorization": f"Bearer {token}"}
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"/v3{path}", data, headers)
            answer = connection.getresponse()
            text = answer.read()
            version = answer.getheader("API-Version", "")
            return answer.status, version, json.loads(text) if text else None
        finally:
            connection.close()


@dataclass
class EblInbox(EblPlatform):
    """A platform that receives: `with inbox:` opens its server; it believes one JWK of the sender.

    `orders` are answers to give instead of its own, in turn: a response code, or a status.
    """

    jwk: dict = field(default_factory=dict)
    orders: list = field(default_factory=list)
    wants_token: bool = False
    accepted: dict = field(default_factory=dict)
    """Last entry of each envelope that was accepted, by its checksum."""
    documents: dict = field(default_factory=dict)
    envelopes: list = field(default_factory=list)
    calls: list = field(default_factory=list)

    def __post_init__(self):
        super().__post_init__()
        self.receiver = wire.Receiver(self._take)

    def __enter__(self):
        self.receiver.__enter__()
        return self

    def __exit__(self, *error):
        self.receiver.__exit__(*error)

    @property
    def url(self):
        return self.receiver.url.removesuffix("/in")

    def _take(self, got):
        path = got.path
        self.calls.append(path.rsplit("/", 1)[-1][:16])
        if path == "/oauth/token":
            assert b"client_assertion=" in got.body
            return _json(200, {"access_token": "let-me-in", "token_type": "Bearer"})
        if self.wants_token and got.headers.get("Authorization") != "Bearer let-me-in":
            return _json(401, {})
        if self.orders:
            return self._ordered(self.orders.pop(0), got)
        return self._judge(path, got)

    def _ordered(self, order, got):
        if isinstance(order, int):
            return _json(order, {"statusCode": order})
        return self.signed(order, sha256(json.loads(got.body)["envelopeTransferChain"][-1]))

    def _judge(self, path, got):
        if path == "/v3/envelopes":
            return self._start(json.loads(got.body))
        if path.endswith("/finish-transfer"):
            return self._finish(path.split("/")[3])
        return self._document(path.rsplit("/", 1)[-1], base64.b64decode(json.loads(got.body)))

    def _start(self, envelope):
        *_, last = envelope["envelopeTransferChain"]
        entry = verified(last, self.jwk)
        manifest = verified(envelope["envelopeManifestSignedContent"], self.jwk)
        if entry is None or manifest is None:
            return self.signed("BSIG", sha256(last))
        assert entry["transportDocumentChecksum"] == sha256(
            canonical(envelope["transportDocument"])
        )
        self.envelopes.append(envelope)
        if sha256(last) in self.accepted:
            return self.signed("DUPE", sha256(last))
        return self._finish(str(len(self.envelopes) - 1), starting=True)

    def _missing(self, envelope):
        manifest = verified(envelope["envelopeManifestSignedContent"], self.jwk)
        both = [*manifest["supportingDocuments"], manifest.get("eBLVisualisationByCarrier")]
        return sorted({d["documentChecksum"] for d in both if d} - self.documents.keys())

    def _finish(self, reference, *, starting=False):
        envelope = self.envelopes[int(reference)]
        last = envelope["envelopeTransferChain"][-1]
        missing = self._missing(envelope)
        if missing and starting:
            return _json(
                201,
                {
                    "envelopeReference": reference,
                    "transportDocumentChecksum": sha256(canonical(envelope["transportDocument"])),
                    "lastEnvelopeTransferChainEntrySignedContentChecksum": sha256(last),
                    "missingAdditionalDocumentChecksums": missing,
                },
            )
        if missing:
            return self.signed("MDOC", sha256(last), missingAdditionalDocumentChecksums=missing)
        self.accepted[sha256(last)] = last
        return self.signed("RECE", sha256(last))

    def _document(self, checksum, content):
        if sha256(content) != checksum:
            return self.signed("INCD", "0" * 64)
        self.documents[checksum] = content
        return wire.Answer(204)

    def signed(self, code, last, **more):
        """A signed answer, under PINT's status."""
        payload = {
            "lastEnvelopeTransferChainEntrySignedContentChecksum": last,
            "responseCode": code,
            **more,
        }
        if code == "DUPE":
            name = "duplicateOfAcceptedEnvelopeTransferChainEntrySignedContent"
            payload[name] = self.accepted[last]
        status = {"RECE": 200, "DUPE": 200, "BSIG": 422, "BENV": 422}.get(code, 409)
        return _json(status, self.key.sign(canonical(payload)))


def _json(status, value):
    return wire.Answer(status, "application/json", json.dumps(value).encode())
