"""A right bill to go wrong from, and a house with the parties it names."""

import copy
from types import SimpleNamespace

import pytest

from tests.yidan.waybill.parties import ORGANISATIONS, USCC
from yidan.documents import kinds
from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.parties.actions import (
    AppointAgent,
    RegisterOrganisation,
    appoint_agent,
    found_organisation,
)
from yidan.parties.events import OrganisationVerified
from yidan.store import edge
from yidan.waybill import actions


def named(role, name, **identifiers):
    return {
        "role": role,
        "name": name,
        "identifiers": [{"scheme": s.upper(), "value": v} for s, v in identifiers.items()],
    }


@pytest.fixture
def bill():
    """A container bill: barge, sea, rail and road; three boxes, one cargo item in each."""
    body = copy.deepcopy(dict(kinds.find("multimodal_waybill").examples["duisburg_xian"]))
    body["parties"] = [
        named("SHIPPER", "Rheinwerk Maschinenbau GmbH", lei="529900T8BM49AURSDO55", eori="DE1"),
        named("CONSIGNEE", "西安渭河装备制造有限公司", uscc=USCC["consignee"]),
        named("FORWARDER", "连云港丝路联运国际货运代理有限公司", uscc=USCC["forwarder"]),
        named("CARRIER", "东海远洋集装箱运输有限公司", smdg="EOC", uscc=USCC["carrier"]),
    ]
    body["legs"][1]["carrierIdentifier"] = USCC["carrier"]
    body["legs"][2]["carrierIdentifier"] = USCC["rail"]
    return body


@pytest.fixture
def bulk_bill():
    """A bulk bill: one sea leg, iron ore in kilograms, no box; and its forwarder."""
    body = copy.deepcopy(dict(kinds.find("multimodal_waybill").examples["bulk_iron_ore"]))
    body["parties"] = [
        named("SHIPPER", "Hunter Range Minerals Pty Ltd", lei="529900T8BM49AURSDO55"),
        named("CONSIGNEE", "徐州淮海钢铁有限公司", uscc=USCC["consignee"]),
        named("FORWARDER", "连云港丝路联运国际货运代理有限公司", uscc=USCC["forwarder"]),
        named("CARRIER", "东海远洋集装箱运输有限公司", uscc=USCC["carrier"]),
    ]
    body["legs"][0]["carrierIdentifier"] = USCC["carrier"]
    return body


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

    def appoint(self, *ports, name="carrier"):
        """The carrier lets the agent act for it; the appointment's id."""
        command = AppointAgent(agent=self.ids["agent"], un_location_codes=ports)
        return self.do(name, appoint_agent, command).agency.id

    def submit(self, body, name="forwarder"):
        return self.do(name, actions.submit_waybill, actions.SubmitWaybill(body=body)).bill

    def accept(self, body, name="carrier"):
        submitted = self.submit(body)
        command = actions.AcceptWaybill(waybill_id=submitted.id)
        return self.do(name, actions.accept_waybill, command).bill


@pytest.fixture
def house(workshop):
    return House(workshop)
