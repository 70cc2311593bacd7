"""A port's morning for the pages: parties with people, bills, releases in several states, papers.

Everything is done by the rooms' own actions. The log is grown and signed here by one log key and
three witnesses, as the ledger's processes would.
"""

import dataclasses
from datetime import timedelta
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import merkle, policy_file, succession
from ledger.chain.signing import address_of
from ledger.checkpoint import Checkpoint
from ledger.commitment import leaf_data
from ledger.note import Note
from ledger.policy import Group, Log, Policy, Witness
from tests.port import Port, box_number
from tests.titles import OnChain
from yidan import bootstrap
from yidan.app import create_app
from yidan.config import Settings
from yidan.documents import actions as documents
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role
from yidan.parties import actions as parties
from yidan.parties import events as party_events
from yidan.parties.events import Position
from yidan.release.actions import holds, rights
from yidan.release.bulk import actions as bulk
from yidan.release.bulk.events import QuantityKind
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.events import Custody
from yidan.release.titles.rules.offices import AUTHORITIES, GATEKEEPERS, ISSUERS, Gate
from yidan.store import log, outbox
from yidan.store.alarms import raise_alarm
from yidan.store.engine import database_now, writing

ONE_TIME = "good for once only"
PASSWORD = "a ferry in the morning"
HOSTILE = '<script>document.title="taken"</script><b>Haulier</b> & "Söhne"'
BILL = "EOCLYG26110042"
OTHER_BILL = "EOCLYG26110077"
ORE_BILL = "EOCLYG26110099"
GATE_BILL = "EOCLYG26110061"
TITLE_BILL = "EOCLYG26110088"
READY, WAITING = box_number(305438), box_number(305439)
OTHER, GATE = box_number(712004), box_number(640117)
READY_PLATE, WAITING_PLATE = "苏GB2021", "苏GB4711"
OPERATORS = {
    "customs": "示例海关 Example Customs",
    "carrier": "示例承运人 Example Carrier",
    "terminal": "海州湾码头 Haizhou Bay Terminal",
}


NAMES = {
    "carrier": "东海远洋集装箱运输有限公司",
    "agent": "连云港新海湾船舶代理有限公司",
    "consignee": "西安渭河装备制造有限公司",
    "forwarder": "连云港丝路联运国际货运代理有限公司",
    "haulier": "连云港捷运集装箱运输有限公司",
    "hostile": HOSTILE,
    "terminal": "连云港海州湾码头有限公司",
    "customs": "连云港海关",
    "bank": "江苏港口银行",
    "admin": "平台管理 Platform administration",
}
PEOPLE = {
    "forwarder": "周敏",
    "consignee": "陈卫国",
    "agent": "林晓",
    "haulier": "孙立",
    "terminal": "王海",
    "customs": "李强",
    "bank": "赵蕾",
    "stranger": "Somebody Else",
    "admin": "Operator",
}


class NamedPort(Port):
    """A port whose parties have names as on paper."""

    def party(self, name, *roles, **more):
        self.ids[name] = super().party(NAMES.get(name, name), *roles, **more)
        return self.ids[name]


class PlainRenderer:
    """PDFs of one line: enough to be handed in again."""

    def render(self, kind, version, _body, verify_url):
        return f"%PDF-1.7\n{kind} {version} {verify_url}\n".encode()


class Scene:
    """The platform with its application and everything that happened in it."""

    url = ""

    def __init__(self, var, *, signing_in=False) -> None:
        built = bootstrap.build(Settings(var=var))
        self.services = dataclasses.replace(built, renderer=PlainRenderer())
        self.app = create_app(self.services)
        self.port = NamedPort(SimpleNamespace(open=self.services.unit_of_work))
        self._happen()
        if signing_in:
            for name in ("consignee", "terminal"):
                self.set_password(name)
        self.policy = self._witnesses()
        self.log_grows()

    def close(self):
        self.services.engine.dispose()

    # --- what happened --------------------------------------------------------------------------

    def _happen(self):
        port = self.port
        self._people()
        self.waybill_id = port.bill(BILL, boxes=(READY, WAITING))
        ready, _ = port.listed((READY, WAITING), BILL).visit_ids
        self.release_id = port.granted((READY, WAITING)).release_id
        port.green(ready, number=BILL)
        port.passed_to_haulier(self._right(READY).id)
        port.assigned(self._right(READY).id, plate=READY_PLATE)
        port.assigned(self._right(WAITING).id, plate=WAITING_PLATE, who="consignee")
        port.customs("selectedforscan", WAITING, number=BILL)
        self.hold_id = port.do("customs", self._hold_waiting).hold.id
        port.bill(OTHER_BILL, boxes=(OTHER,))
        port.granted((OTHER,), **_order(OTHER_BILL, "DO-LYG-26-118901", voyage="063E"))
        self._at_the_gate()
        self._lot()
        self._titles()
        self._papers()
        self.alarm("COREOR 4711: unreadable")

    def alarm(self, what):
        """Something the operator must look at."""
        with writing(self.services.engine) as connection:
            now = database_now(connection)
            raise_alarm(connection, "message-not-applied", what, now=now)

    def _people(self):
        port = self.port
        port.people()
        port.party("admin", Role.ADMINISTRATOR)
        port.party("stranger", Role.FORWARDER, identifiers=["scac:STRG"])
        port.party("hostile", Role.HAULIER, Role.TERMINAL, identifiers=["scac:SOHN"])
        self.person("hostile", "hostile")
        for name in PEOPLE:
            self.person(name, name)
        self.person("consignee", "newcomer", password=ONE_TIME)

    def person(self, party, name, *, password=""):
        """Somebody of a party; without a password they cannot use the form, which is slow."""
        if password:
            command = parties.AddPerson(
                organisation_id=self.port.ids[party],
                sign_in_name=name,
                name=PEOPLE.get(name, name),
                position=Position.ADMIN,
                one_time_password=password,
            )
            return self.port.do("system", lambda uow: parties.enter_person(command, uow)).person.id
        return self.port.do("system", lambda uow: self._entered(party, name, uow))

    def _entered(self, party, name, uow):
        person_id = uow.new_id()
        happened = party_events.PersonAdded(
            person_id=person_id,
            organisation_id=self.port.ids[party],
            sign_in_name=name,
            name=PEOPLE.get(name, name),
            position=Position.ADMIN,
        )
        uow.record(f"person:{person_id}", happened)
        settled = party_events.PasswordSet(person_id=person_id, one_time=False)
        uow.record(f"person:{person_id}", settled)
        return person_id

    def set_password(self, name):
        """Give somebody a password for the form."""
        from yidan.parties.tables import person_by_name

        def work(uow):
            parties.set_password(person_by_name(uow.connection, name).id, PASSWORD, uow)

        self.port.do("system", work)

    def session_of(self, name):
        """What the session of a signed-in person holds."""
        from yidan.parties.tables import person_by_name

        with self.services.unit_of_work(SYSTEM, reading=True) as uow:
            person = person_by_name(uow.connection, name)
            return {
                "_user_id": f"{person.id}:{person.epoch}",
                "signed_in_at": int(uow.now.timestamp()),
            }

    def client(self, name="", language="en"):
        """A client that asks for pages as a browser does; signed in as `name`."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT"] = "text/html,*/*;q=0.8"
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        if name:
            with client.session_transaction() as session:
                session.update(self.session_of(name))
        return client

    def _right(self, box, bill=BILL):
        from yidan.release.tables.rights import of_box

        return self.port.look("system", lambda uow: of_box(uow.connection, bill, box)[0])

    def _at_the_gate(self):
        """A box that may leave, its truck named: for the kiosk alone."""
        port = self.port
        port.bill(GATE_BILL, boxes=(GATE,))
        port.granted((GATE,), **_order(GATE_BILL, "DO-LYG-26-118850"))
        port.green(*port.listed((GATE,), GATE_BILL).visit_ids, number=GATE_BILL)
        right = self._right(GATE, GATE_BILL)
        offer = rights.OfferRight(
            right_id=right.id,
            offered_to=port.ids["hostile"],
            expires_at=port.now() + timedelta(hours=4),
        )
        port.do("consignee", lambda uow: rights.offer_right(offer, uow))
        port.do("hostile", lambda uow: rights.accept_right(right.id, uow))
        port.assigned(right.id, who="hostile")
        self.gate_release_id = right.release_id

    def _hold_waiting(self, uow):
        command = holds.PlaceHold(
            scope=HoldScope.CONTAINER, key=WAITING, kind=HoldKind.CUSTOMS, why="X 光图像异常"
        )
        return holds.place_hold(command, uow)

    def _lot(self):
        port, ids = self.port, self.port.ids
        port.bill(ORE_BILL, boxes=(OTHER,))
        stated = bulk.StateQuantity(
            transport_document_reference=ORE_BILL,
            kind=QuantityKind.BILL,
            quantity_kg=60_000_000,
            tolerance_ppm=0,
        )
        port.do("agent", lambda uow: bulk.state_quantity(stated, uow))
        for who, kind in (("terminal", QuantityKind.OUTTURN), ("agent", QuantityKind.TITLE)):
            more = dataclasses.replace(stated, kind=kind)
            port.do(who, lambda uow, more=more: bulk.state_quantity(more, uow))
        port.customs("released", number=ORE_BILL)
        stock = bulk.StockLot(
            transport_document_reference=ORE_BILL,
            owner=ids["consignee"],
            grade="PB 粉 62% Fe",
            stockpile="12-07",
            quantity_kg=58_500_000,
        )
        self.lot_id = port.do("terminal", lambda uow: bulk.stock_lot(stock, uow)).lot.id
        port.do("consignee", lambda uow: bulk.pledge_lot(self.lot_id, ids["bank"], 20_000_000, uow))
        order = bulk.PlaceOrder(
            lot_id=self.lot_id,
            nominee=ids["haulier"],
            quantity_kg=15_000_000,
            valid_until=port.now() + timedelta(days=10),
        )
        port.do("consignee", lambda uow: bulk.place_order(order, uow))

    def _titles(self):
        """A title in the consignee's hand: pledged once, held by customs, a condition open."""
        port, chain = self.port, OnChain(self.port)
        named = keys.NameKey(custody=Custody.PLATFORM)
        for number, who in enumerate(("carrier", "consignee", "bank", "customs", "forwarder"), 1):
            port.do(who, lambda uow: keys.name_key(named, self.services.titles, uow))
            chain.confirm_key(number, address_of(bytes([number]) * 32))
        chain.office(ISSUERS + 1, "carrier", bytes([1]) * 32)
        chain.office(AUTHORITIES, "customs", bytes([4]) * 32)
        chain.office(GATEKEEPERS + 1, "customs", bytes([4]) * 32)
        self.title_bill_id = port.bill(TITLE_BILL, boxes=(OTHER,), negotiable=True)
        self.title_id = self.asked(
            "agent",
            acts.IssueTitle(
                waybill_id=self.title_bill_id, holder=port.ids["forwarder"], gates=(Gate.CUSTOMS,)
            ),
        ).instruction.title
        chain.outcome(self.title_id, "Issued", owner=5, holder=5, gates_required=2)
        mine = {"owner": 2, "holder": 2, "gates_required": 2}
        chain.outcome(self.title_id, "Transferred", sequence=2, **mine)
        chain.outcome(self.title_id, "Held", sequence=3, holds=1, **mine)

    def asked(self, who, command):
        """Ask for a title's issue, or for an act on one."""
        action = acts.issue_title if isinstance(command, acts.IssueTitle) else acts.instruct_title
        return self.port.do(who, lambda uow: action(command, self.services.titles, uow))

    def _papers(self):
        with self.services.unit_of_work(SYSTEM, reading=True) as uow:
            from yidan.documents.tables import about

            (self.order,) = about(uow.connection, f"release:{self.release_id}")
        documents.render_pending(self.order.id, self.services)
        self.pdf = PlainRenderer().render(
            self.order.kind,
            self.order.version,
            {},
            documents.rules.verify_url(self.services.settings.public_url, self.order.id),
        )

    # --- the log --------------------------------------------------------------------------------

    def _witnesses(self):
        self.log_key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        self._keys = {
            name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32))
            for name in OPERATORS
        }
        witnesses = tuple(
            Witness(name, checkpoints.witness_key(f"{name}.example/w", key), "", OPERATORS[name])
            for name, key in self._keys.items()
        )
        origin = self.services.settings.log_origin
        policy = Policy(
            (Log(checkpoints.log_key(origin, self.log_key)),),
            witnesses,
            (Group("any-two", 2, tuple(OPERATORS)),),
            "any-two",
            None,
        )
        (self.services.settings.var / "policy").write_bytes(policy_file.write(policy))
        return policy

    def rotation(self, size, *names):
        """The policy after the log's key is rotated at a size, and the note some witnesses sign."""
        origin = self.services.settings.log_origin
        key = Ed25519PrivateKey.from_private_bytes(b"next".ljust(32))
        new = dataclasses.replace(self.policy, logs=(Log(checkpoints.log_key(origin, key)),))
        step = succession.propose(self.policy, new, origin, size)
        lines = [succession.sign(step, origin, self.log_key)]
        lines += [succession.sign(step, f"{name}.example/w", self._keys[name]) for name in names]
        return policy_file.write(new), succession.encode(step, lines)

    def log_grows(self):
        """Give every event its leaf, sign the log, have two witnesses cosign."""
        origin = self.services.settings.log_origin
        with writing(self.services.engine) as connection:
            now = database_now(connection)
            errands = outbox.pending(connection, "log", now=now, limit=5000)
            ids = [errand.event_id for errand in errands]
            known = log.commitments_of(connection, ids)
            leaves = [(one, merkle.leaf_hash(leaf_data(origin, one, known[one]))) for one in ids]
            start = log.size(connection)
            log.insert_leaves(connection, start, leaves, now=now)
            tiles = log.DatabaseTiles(connection)
            size, root = merkle.append(tiles, start, [leaf for _, leaf in leaves])
            outbox.done(connection, [errand.id for errand in errands], now=now)
            body = Checkpoint(origin, size, root)
            own = checkpoints.sign(body, self.log_key)
            signed = log.Checkpoint(
                size, root, now, Note(body.body(), (own,)).encode(), b"", 0, None
            )
            log.store_checkpoint(connection, signed)
            lines = [own] + [
                checkpoints.cosign(
                    body, f"{name}.example/w", self._keys[name], int(now.timestamp())
                )
                for name in ("customs", "carrier")
            ]
            note = Note(body.body(), tuple(lines)).encode()
            log.store_cosignatures(
                connection, dataclasses.replace(signed, note=note, cosigned_at=now)
            )


def _order(bill, number, **more):
    return {"transport_document_reference": bill, "delivery_order_reference": number, **more}
