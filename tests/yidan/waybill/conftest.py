"""A right bill to go wrong from, and a house with the parties it names."""

import copy
import hashlib
import json
from types import SimpleNamespace

import pytest
from sqlmodel import SQLModel

from yidan.documents import kinds
from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.parties.actions import RegisterOrganisation, found_organisation
from yidan.parties.events import OrganisationVerified
from yidan.store import edge
from yidan.store.engine import make_engine, writing
from yidan.store.schema import protect
from yidan.store.unit_of_work import Workshop
from yidan.waybill import actions

USCC = {
    "forwarder": "91320703MA1Q5KHY6Q",
    "consignee": "91610131MA6X2TRN8X",
    "carrier": "91310000132207927C",
    "rail": "91110000600037341L",
}
ORGANISATIONS = {
    "forwarder": (Role.FORWARDER, f"uscc:{USCC['forwarder']}"),
    "carrier": (Role.CARRIER, f"uscc:{USCC['carrier']}", "smdg:EOC"),
    "rail": (Role.RAIL_OPERATOR, f"uscc:{USCC['rail']}"),
    "agent": (Role.SHIPPING_AGENT, "scac:LYGA"),
}


@pytest.fixture
def bill():
    """A container bill: barge, sea, rail and road; three boxes, one cargo item in each."""
    body = copy.deepcopy(dict(kinds.find("multimodal_waybill").examples["duisburg_xian"]))
    body["legs"][2]["carrierIdentifier"] = USCC["rail"]
    return body


@pytest.fixture
def bulk_bill():
    """A bulk bill: one sea leg, iron ore in kilograms, no box; and its forwarder."""
    examples = kinds.find("multimodal_waybill").examples
    body = copy.deepcopy(dict(examples["bulk_iron_ore"]))
    forwarder = {
        "role": "FORWARDER",
        "name": "连云港丝路联运国际货运代理有限公司",
        "identifiers": [{"scheme": "USCC", "value": USCC["forwarder"]}],
    }
    return {**body, "parties": [*body["parties"], forwarder]}


def commit_by_hash(fields, salt):
    return hashlib.sha256(salt + json.dumps(fields, sort_keys=True).encode()).digest()


class House:
    """A database with the bill's parties in it; acts for any of them by name."""

    def __init__(self, workshop):
        self.services = SimpleNamespace(unit_of_work=workshop.open)
        self.ids = {}
        for name, (role, *identifiers) in ORGANISATIONS.items():
            self.register(name, role, identifiers)

    def register(self, name, role, identifiers, *, verified=True):
        command = RegisterOrganisation(
            name=name, roles=(Role(role),), identifiers=tuple(identifiers)
        )

        def work(uow):
            organisation = found_organisation(command, uow).organisation
            if verified:
                happened = OrganisationVerified(organisation_id=organisation.id)
                uow.record(f"organisation:{organisation.id}", happened)
            return organisation.id

        self.ids[name] = edge.run(self.services, SYSTEM, work)

    def run(self, name, work):
        return edge.run(self.services, Actor(party=self.ids.get(name, name)), work)

    def do(self, name, action, command):
        return self.run(name, lambda uow: action(command, uow))

    def see(self, name, look):
        actor = Actor(party=self.ids.get(name, name))
        with self.services.unit_of_work(actor, reading=True) as uow:
            return look(uow)

    def submit(self, body, name="forwarder"):
        return self.do(name, actions.submit_waybill, actions.SubmitWaybill(body=body)).bill

    def accept(self, body, name="carrier"):
        submitted = self.submit(body)
        command = actions.AcceptWaybill(waybill_id=submitted.id)
        return self.do(name, actions.accept_waybill, command).bill


@pytest.fixture
def house(database_url):
    engine = make_engine(database_url)
    with writing(engine) as connection:
        SQLModel.metadata.create_all(connection)
        protect(connection)
    yield House(Workshop(engine, commit_by_hash, lambda _name: ("log",)))
    engine.dispose()
