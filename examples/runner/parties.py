"""Chapter 1: the administrator signs in and lets the parties in; their systems get their keys."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.access import Access, key_of, new_key_hex, new_password
from runner.client import Answer, Machine, Person, UnexpectedError, expect, public_x
from runner.files import FOLDER, Day
from runner.installation import Installation
from runner.receivers import Receiver
from runner.telling import Teller

ADMINISTRATOR = "admin"


@dataclass
class Stage:
    """Everything the day's chapters need."""

    installation: Installation
    day: Day
    teller: Teller
    receivers: dict[str, Receiver]
    """Where the agent and customs receive."""
    out: Path
    """Folder of what the demo leaves: `var/demo`."""
    machines: dict[str, Machine] = field(default_factory=dict)
    """The parties' systems by the parties' keys; `kiosk` is the terminal's device."""

    @property
    def url(self) -> str:
        """Where the platform is reached."""
        return self.installation.url

    def send_file(self, party: str, adapter: str, name: str, content_type: str) -> Answer:
        """Send a file as a party's message and expect it to be applied whole."""
        answer = expect(self.machines[party].send(adapter, self.day.text(name), content_type))
        if answer.body["state"] != "applied":
            raise UnexpectedError(f"{name}: {json.dumps(answer.body, ensure_ascii=False)[:1500]}")
        return answer

    def post_file(self, party: str, path: str, name: str) -> Any:
        """Send a file as a party's command and give the answer's body."""
        return expect(self.machines[party].post(path, self.day.json(name))).body


def let_in(stage: Stage) -> None:
    """Register, verify and equip every party of `parties.json` that is not here yet."""
    access, teller = stage.installation.access, stage.teller
    teller.chapter("一、参与方", "1. The parties")
    administrator = _administrator(stage.url, access)
    teller.step("管理员登录并设置密码", "The administrator signs in and sets a password", stage.url)
    listed = json.loads((FOLDER / "parties.json").read_text(encoding="utf-8"))
    for party in listed:
        _register(administrator, access, party)
        stage.day.ids[party["key"]] = access.party(party["key"]).organisation_id
    roles = ", ".join(party["nameEn"] for party in listed)
    teller.step("参与方登记并核验", f"{len(listed)} organisations registered and verified")
    teller.note(roles)
    for party in listed:
        _enrol_client(administrator, access, party)
        one = access.party(party["key"])
        machine = Machine(stage.url, one.client_id, key_of(one.client_key_hex))
        stage.machines[party["key"]] = machine
        if expect(machine.get("/v1/me")).body["party"] != one.organisation_id:
            raise UnexpectedError(f"{party['key']} is taken for somebody else")
    teller.step(
        "各方系统以 Ed25519 密钥换取令牌",
        "Their systems get tokens for their Ed25519 keys",
        f"{stage.url}/v1/me",
    )
    carriers = []
    for party in listed:
        person = _person(administrator, stage.url, access, party)
        if "kiosk" in party:
            _enrol_kiosk(person, stage, party)
        if "appoints" in party:
            _appoint(person, stage, party)
            carriers.append(party["nameEn"])
    teller.step("人员与闸口设备登记", "One person each, and the terminal's kiosk, are let in")
    teller.step(
        "承运人委托船代",
        "The carriers appoint their agent: from now on it may act for them",
        f"{stage.url}/v1/agency-appointments",
    )
    teller.note(", ".join(carriers))


def _administrator(url: str, access: Access) -> Person:
    person = Person(url)
    if access.admin_password:
        first = person.sign_in(ADMINISTRATOR, access.admin_password)
        if first.status in (200, 201):
            return person
    expect(person.sign_in(ADMINISTRATOR, access.one_time_password))
    access.admin_password = new_password()
    access.save()
    expect(person.set_password(access.one_time_password, access.admin_password))
    return person


def _register(administrator: Person, access: Access, party: dict[str, Any]) -> None:
    one = access.party(party["key"])
    if not one.organisation_id:
        body = {name: party[name] for name in ("name", "roles", "identifiers")}
        one.organisation_id = expect(administrator.post("/v1/organisations", body)).body["id"]
        access.save()
    if not one.verified:
        path = f"/v1/organisations/{one.organisation_id}/verification"
        expect(administrator.post(path, {"reason": "营业执照已核对 business licence seen"}))
        one.verified = True
        access.save()


def _enrol_client(administrator: Person, access: Access, party: dict[str, Any]) -> None:
    one = access.party(party["key"])
    if one.client_id:
        return
    one.client_key_hex = new_key_hex()
    body = {
        "organisationId": one.organisation_id,
        "name": f"{party['nameEn']} system",
        "publicKey": public_x(key_of(one.client_key_hex)),
    }
    one.client_id = expect(administrator.post("/v1/clients", body)).body["id"]
    access.save()


def _person(administrator: Person, url: str, access: Access, party: dict[str, Any]) -> Person:
    """A signed-in person of the party, added first if need be."""
    one = access.party(party["key"])
    person = Person(url)
    if not one.person:
        one_time = new_password()
        body = {
            "organisationId": one.organisation_id,
            "signInName": party["person"]["signInName"],
            "name": party["person"]["name"],
            "position": "admin",
            "oneTimePassword": one_time,
        }
        expect(administrator.post("/v1/people", body))
        one.person, one.password = party["person"]["signInName"], one_time
        access.save()
    if not one.password_set:
        expect(person.sign_in(one.person, one.password))
        chosen = new_password()
        expect(person.set_password(one.password, chosen))
        one.password, one.password_set = chosen, True
        access.save()
    elif "kiosk" in party or "appoints" in party:
        expect(person.sign_in(one.person, one.password))
    return person


def _enrol_kiosk(person: Person, stage: Stage, party: dict[str, Any]) -> None:
    access = stage.installation.access
    one = access.party(party["key"])
    if not one.kiosk_id:
        one.kiosk_key_hex = new_key_hex()
        body = {"name": party["kiosk"], "publicKey": public_x(key_of(one.kiosk_key_hex))}
        one.kiosk_id = expect(person.post("/v1/devices", body)).body["id"]
        access.save()
    stage.machines["kiosk"] = Machine(stage.url, one.kiosk_id, key_of(one.kiosk_key_hex))


def _appoint(person: Person, stage: Stage, party: dict[str, Any]) -> None:
    """Let the agent act for a carrier in the named ports."""
    access = stage.installation.access
    one = access.party(party["key"])
    if not one.appointment_id:
        agent = access.party(party["appoints"]["agent"]).organisation_id
        body = {"agent": agent, "unLocationCodes": party["appoints"]["unLocationCodes"]}
        one.appointment_id = expect(person.post("/v1/agency-appointments", body)).body["id"]
        access.save()


def tell_addresses(stage: Stage) -> None:
    """The agent and customs say where their messages go."""
    agent = {"adapter": "shipping_agent.edifact", "url": stage.receivers["agent"].url}
    expect(stage.machines["agent"].post("/v1/exchange-endpoints", agent))
    customs = {"adapter": "single_window.customs_xml", "url": stage.receivers["customs"].url}
    expect(stage.machines["customs"].post("/v1/exchange-endpoints", customs))
    stage.teller.step("船代和海关登记接收地址", "The agent and customs say where their messages go")
