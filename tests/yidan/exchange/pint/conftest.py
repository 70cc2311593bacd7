"""A platform that another platform, WAVE, sends bills to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from tests.counterparts.ebl_platform import EblPlatform, party, sha256, unb64, verified
from yidan.exchange.pint.actions import signers
from yidan.exchange.pint.events import SignerKind
from yidan.exchange.pint.here import here
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.tables import InstructionRow, TitleRow
from yidan.release.titles.word import TitleState
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing

SHOES = b"packing list of shoes"
ORIGIN = b"certificate of origin"
TITLE = "7" * 64


@pytest.fixture(scope="session")
def wave():
    """The other platform: its keys take a while to make."""
    return EblPlatform()


@pytest.fixture(scope="session")
def stranger():
    """A platform that nobody registered."""
    return EblPlatform("CARX")


@dataclass
class Receiving:
    """What a test of receiving works with."""

    portal: object
    wave: EblPlatform
    machine: object
    consignee: str
    carrier: str
    to: dict

    @property
    def here(self):
        return here(self.portal.services)

    def call(self, method, path, body=None, *, machine=None, **headers):
        sent = (machine or self.machine).headers(**{"API-Version": "3"}, **headers)
        return getattr(self.portal.client(), method)(f"/v3{path}", json=body, headers=sent)

    def start(self, chain=None, documents=(), **options):
        envelope = self.wave.envelope(chain or self.chain(), documents, **options)
        return self.send(envelope)

    def send(self, envelope, **options):
        return self.call("post", "/envelopes", envelope, **options)

    def chain(self, **options):
        return self.wave.transferred(self.to, **options)

    def put(self, reference, document, checksum=""):
        import base64

        path = f"/envelopes/{reference}/additional-documents/{checksum or sha256(document)}"
        return self.call("put", path, base64.b64encode(document).decode())

    def finish(self, reference):
        return self.call("put", f"/envelopes/{reference}/finish-transfer")

    def said(self, answer):
        """The signed answer, its signature checked by our published keys."""
        assert answer.headers["API-Version"] == "3.0.0"
        (jwk,) = self.portal.client().get("/v1/ebl-keys").json["keys"]
        assert isinstance(answer.json, str), answer.json
        found = verified(answer.json, jwk)
        assert found is not None
        return found

    def code(self, answer):
        return answer.status_code, self.said(answer)["responseCode"]

    def ebl(self, chain):
        from yidan.exchange.pint import tables

        with reading(self.portal.services.engine) as connection:
            return tables.find_ebl(connection, chain.checksum)

    def alarms(self):
        with reading(self.portal.services.engine) as connection:
            return [alarm.kind for alarm in open_alarms(connection)]

    def events(self, kind):
        from sqlalchemy import text

        with reading(self.portal.services.engine) as connection:
            found = text("SELECT count(*) FROM event WHERE type = :kind")
            return connection.execute(found, {"kind": kind}).scalar_one()

    def register(self, code, kind, organisation, jwks, url=""):
        command = signers.RegisterSigner(
            code=code, kind=kind, organisation_id=organisation, url=url, jwks=jwks
        )
        administrator = self.portal.organisation(Role.ADMINISTRATOR)
        return self.portal.run(
            lambda uow: signers.register_signer(command, self.here, uow),
            Actor(party=administrator),
        )


@pytest.fixture
def receiving(portal, wave):
    return _receiving(portal, wave)


@pytest.fixture
def receiving_on(portal_on, wave):
    """The same on each kind of database."""
    return _receiving(portal_on, wave)


def _receiving(portal, wave):
    platform = portal.organisation(Role.EBL_PLATFORM, name="Wave")
    carrier = portal.organisation(Role.CARRIER, name="Carrier")
    consignee = portal.organisation(
        Role.CONSIGNEE, name="Consignee", identifiers=["lei:529900T8BM49AURSDO55"]
    )
    to = party("Consignee", "YIDN", "529900T8BM49AURSDO55", "GLEIF", "LEI")
    machine = portal.machine(Role.EBL_PLATFORM, party=platform)
    found = Receiving(portal, wave, machine, consignee, carrier, to)
    found.register("WAVE", SignerKind.PLATFORM, platform, wave.jwks)
    found.register("SMDG:HMM", SignerKind.CARRIER, carrier, wave.carrier_jwks)
    return found


@pytest.fixture
def titled(receiving):
    """Give the bill of a chain a title, as the contract's follower would have written it."""

    def give(holder, *, state=TitleState.ACTIVE, chain=None, parents=(), title=TITLE, **named):
        row = {column.name: 0 for column in TitleRow.__table__.columns}
        texts = ("second", "owner_party", "taker_party", "pledgee_party", "issuer_party")
        row |= dict.fromkeys(texts, "")
        row |= {
            "id": title,
            "word": "1" * 64,
            "state": state.value,
            "sequence": 7,
            "holder_party": holder,
            "offered_until": None,
            "pledged": False,
            "foreclosing": False,
            "carrier": named.get("carrier") or receiving.carrier,
            "transport_document_reference": named.get("reference", ""),
            "waybill_id": "",
            "document_commitment": chain.checksum if chain else "",
            "parents": list(parents),
            "changed_at": datetime(2026, 11, 22, tzinfo=UTC),
        }
        with writing(receiving.portal.services.engine) as connection:
            connection.execute(insert(TitleRow.__table__).values(row))

    return give


@pytest.fixture
def asked(receiving):
    """Have an instruction under way, as an action would have written it."""

    def ask(act, **changes):
        row = {
            "id": "i1",
            "title": TITLE,
            "act": act.value,
            "sequence": 7,
            "nonce": 0,
            "deadline": datetime.now(UTC) + timedelta(days=1),
            "handle": 1,
            "consent_of": 2,
            "terms": {},
            "instructed_by": "seller",
            "waybill_id": "",
            "carrier": "",
            "transport_document_reference": "",
            "document_commitment": "",
            "state": min(InstructionState.open()).value,
            "consent": "",
            "signature": "",
            "order_id": "",
            "code": "",
            "instructed_at": datetime.now(UTC),
        }
        with writing(receiving.portal.services.engine) as connection:
            connection.execute(insert(InstructionRow.__table__).values(row | changes))

    return ask


def payload(text):
    """What a signed text holds."""
    import json

    return json.loads(unb64(text.split(".")[1]))
