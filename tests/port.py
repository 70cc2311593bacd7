"""A port in a test: verified parties, accepted bills, boxes ready to be released."""

import copy
import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from stdnum import iso6346

from yidan.documents import kinds
from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.parties import actions as party_actions
from yidan.parties import events as party_events
from yidan.ports import GrantRelease, MessageFunction, ReleaseLine, ReportCustomsStatus
from yidan.release.actions import customs, grants, rights, visits
from yidan.release.rules.lights import ChargesLight, TerminalLight
from yidan.waybill import events as waybill_events

EXAMPLE = Path(kinds.__file__).parent / "multimodal_waybill/examples/duisburg_xian.json"
VESSEL = "9795426"
VOYAGE = "062E"
PLATE = "苏GA1234"
DRIVER = "LYG-D-0417"


def box_number(serial: int) -> str:
    """A container number with its check digit."""
    ten = f"CSQU{serial:06d}"
    return ten + iso6346.calc_check_digit(ten)


BOX = box_number(305438)


@dataclass
class Port:
    """Parties by name, and the steps that bring boxes to where a test begins."""

    workshop: object
    ids: dict = field(default_factory=dict)
    agency_id: str = ""
    """The carrier's appointment of the agent."""

    def do(self, who, work):
        """Run one action in one committed unit of work."""
        with self.workshop.open(self.actor(who)) as uow:
            answer = work(uow)
            uow.commit()
            return answer

    def look(self, who, work):
        with self.workshop.open(self.actor(who), reading=True) as uow:
            return work(uow)

    def actor(self, who):
        return SYSTEM if who == "system" else Actor(party=self.ids[who], user=f"{who} clerk")

    def party(self, name, *roles, identifiers=(), verified=True):
        """Register an organisation, verified if not said otherwise."""

        def work(uow):
            party_id = uow.new_id()
            subject = f"organisation:{party_id}"
            uow.record(
                subject,
                party_events.OrganisationRegistered(
                    organisation_id=party_id,
                    name=name,
                    roles=roles,
                    identifiers=tuple(identifiers),
                ),
            )
            if verified:
                uow.record(subject, party_events.OrganisationVerified(organisation_id=party_id))
            return party_id

        self.ids[name] = self.do("system", work)
        return self.ids[name]

    def people(self):
        """The usual parties."""
        self.party("carrier", Role.CARRIER, identifiers=["uscc:91310000132207927C"])
        self.party("agent", Role.SHIPPING_AGENT, identifiers=["uscc:91320700MA1TDH3E88"])
        self.party("consignee", Role.CONSIGNEE, identifiers=["uscc:91610131MA6X2TRN8X"])
        self.party("forwarder", Role.FORWARDER, identifiers=["uscc:91320703MA1Q5KHY6Q"])
        self.party("haulier", Role.HAULIER, identifiers=["uscc:9132070074873921XX"])
        self.party("other haulier", Role.HAULIER)
        self.party("terminal", Role.TERMINAL, identifiers=["uscc:91320700MA1WNLHQ33"])
        self.party("customs", Role.CUSTOMS)
        self.party("bank", Role.BANK)
        self.party("authority", Role.REGULATOR)
        self.agency_id = self.appointed()
        return self

    def appointed(self, agent="agent", carrier="carrier", **terms):
        """The carrier lets an agent act for it; everywhere and without end, if not said."""
        command = party_actions.AppointAgent(agent=self.ids[agent], **terms)
        return self.do(carrier, lambda uow: party_actions.appoint_agent(command, uow)).agency.id

    def dismissed(self, agency_id, carrier="carrier"):
        """The carrier ends an appointment."""
        return self.do(carrier, lambda uow: party_actions.end_agency(agency_id, "over", uow))

    def bill(self, number="EOCLYG26110042", boxes=(BOX,), **changes):
        """Submit and accept a bill as its events say it."""
        body = body_of(number, boxes, **changes)
        named = tuple(
            waybill_events.NamedParty(
                role=role,
                name=one["name"],
                identifiers=tuple(
                    f"{i['scheme'].lower()}:{i['value']}" for i in one["identifiers"]
                ),
                party_id=self.ids.get(changes.get("as_party", {}).get(role, PARTY[role]), ""),
            )
            for one in body["parties"]
            for role in [one["role"]]
            if role in PARTY
        )

        def work(uow):
            waybill_id = uow.new_id()
            subject = f"waybill:{waybill_id}"
            uow.record(
                subject,
                waybill_events.WaybillSubmitted(
                    waybill_id=waybill_id,
                    transport_document_reference=number,
                    carrier_id=self.ids[changes.get("carrier", "carrier")],
                    agent_id=self.ids[changes.get("agent", "agent")],
                    main_leg=2,
                    parties=named,
                    leg_carriers=(),
                    body=body,
                ),
            )
            uow.record(
                subject,
                waybill_events.WaybillAccepted(
                    waybill_id=waybill_id, transport_document_reference=number, document_id=""
                ),
            )
            return waybill_id

        return self.do("forwarder", work)

    def listed(self, boxes=(BOX,), number="EOCLYG26110042", voyage=VOYAGE, **more):
        """The terminal lists boxes of the voyage."""
        command = visits.ExpectVisits(
            vessel_imo_number=VESSEL,
            voyage=voyage,
            un_location_code="CNLYG",
            boxes=tuple(
                visits.ListedBox(
                    equipment_reference=box,
                    iso_equipment_code="45G1",
                    transport_document_reference=number,
                    seal_numbers=("EO7781203",),
                    gross_mass_kg=25_230,
                    **more,
                )
                for box in boxes
            ),
        )
        return self.do("terminal", lambda uow: visits.expect_visits(command, uow))

    def order(self, boxes=(BOX,), **changes):
        """A release order, as the agent sends it; `now` fills its validity."""
        usual = {
            "function": MessageFunction.ORIGINAL,
            "delivery_order_reference": "DO-LYG-26-118820",
            "transport_document_reference": "EOCLYG26110042",
            "valid_from": None,
            "valid_until": self.now() + timedelta(days=7),
            "carrier_code": "EOC",
            "vessel_imo_number": VESSEL,
            "voyage": VOYAGE,
            "release_to": self.ids["consignee"],
            "terminal_location": "CNLYG",
            "lines": tuple(
                ReleaseLine(equipment_reference=box, iso_equipment_code="45G1") for box in boxes
            ),
        }
        return GrantRelease(**{**usual, **changes})

    def granted(self, boxes=(BOX,), who="agent", **changes):
        command = self.order(boxes, **changes)
        return self.do(who, lambda uow: grants.grant_release(command, uow))

    def now(self):
        return self.look("system", lambda uow: uow.now)

    def wait_until(self, at):
        """Let the database's clock pass an instant some milliseconds ahead."""
        while self.now() <= at:
            pass

    def run_out(self, *release_ids):
        """Bring the end of releases into the past, as if their time had gone by."""
        from sqlalchemy import update

        from yidan.release.tables.releases import CommercialRelease

        table = CommercialRelease.__table__

        def work(uow):
            past = uow.now - timedelta(hours=1)
            mine = table.c.id.in_(release_ids)
            uow.connection.execute(update(table).where(mine).values(valid_until=past))

        self.do("system", work)

    def green(self, *visit_ids, number="EOCLYG26110042", damage_codes=()):
        """Everything but the right: ashore, let go, paid, released by customs."""

        def terminal(uow):
            for visit_id in visit_ids:
                seen = visits.ReportDischarge(visit_id=visit_id, damage_codes=damage_codes)
                visits.report_discharge(seen, uow)
                visits.set_terminal_status(
                    visits.SetTerminalStatus(visit_id=visit_id, status=TerminalLight.RELEASED), uow
                )
                visits.set_charges(
                    visits.SetCharges(visit_id=visit_id, status=ChargesLight.PAID), uow
                )

        self.do("terminal", terminal)
        self.customs("released", number=number)

    def customs(
        self,
        status,
        *boxes,
        number="EOCLYG26110042",
        at=None,
        kg=None,
        declaration="230120261012345678",
    ):
        command = ReportCustomsStatus(
            transport_document_reference=number,
            equipment_references=boxes,
            status=status,
            released_quantity_kg=kg,
            declaration_number=declaration,
            occurred_at=at or self.now(),
        )
        return self.do("customs", lambda uow: customs.report_customs_status(command, uow))

    def right_of(self, box=BOX, who="system"):
        """The live right of a box, read without asking who may."""
        from yidan.release.tables import rights as rows

        def work(uow):
            (found,) = rows.of_box(uow.connection, "EOCLYG26110042", box)
            return found

        return self.look(who, work)

    def documents(self, about):
        """Kinds and states of the documents about a subject, the oldest first."""
        from yidan.documents import tables

        found = self.look("system", lambda uow: tables.about(uow.connection, about))
        return [f"{document.kind} {document.state.value}" for document in found]

    def passed_to_haulier(self, right_id):
        """Consignee offers, haulier accepts."""
        until = self.now() + timedelta(hours=4)
        offer = rights.OfferRight(
            right_id=right_id, offered_to=self.ids["haulier"], expires_at=until
        )
        self.do("consignee", lambda uow: rights.offer_right(offer, uow))
        return self.do("haulier", lambda uow: rights.accept_right(right_id, uow))

    def assigned(self, right_id, plate=PLATE, driver=DRIVER, who="haulier"):
        command = rights.AssignRight(
            right_id=right_id, plate=plate, driver_id=driver, planned_at=self.now()
        )
        return self.do(who, lambda uow: rights.assign_right(command, uow))

    def ready(self, box=BOX, damage_codes=()):
        """One box, green, its right with the haulier, truck named; the right."""
        self.people().bill(boxes=(box,))
        (visit_id,) = self.listed((box,)).visit_ids
        self.granted((box,))
        self.green(visit_id, damage_codes=damage_codes)
        right = self.right_of(box)
        self.passed_to_haulier(right.id)
        self.assigned(right.id)
        return self.right_of(box)


PARTY = {
    "CONSIGNEE": "consignee",
    "FORWARDER": "forwarder",
    "CARRIER": "carrier",
    "SHIPPING_AGENT": "agent",
}


def body_of(number, boxes, *, negotiable=False, **_changes):
    """The example bill with other number and boxes."""
    body = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    body["transportDocumentReference"] = number
    body["terms"]["negotiable"] = negotiable
    body["parties"].append(
        {
            "role": "SHIPPING_AGENT",
            "name": "连云港新海湾船舶代理有限公司",
            "identifiers": [{"scheme": "USCC", "value": "91320700MA1TDH3E88"}],
        }
    )
    equipment, item = body["equipment"][0], body["cargoItems"][0]
    body["equipment"] = [{**copy.deepcopy(equipment), "equipmentReference": b} for b in boxes]
    body["cargoItems"] = [{**copy.deepcopy(item), "equipmentReference": b} for b in boxes]
    return body
