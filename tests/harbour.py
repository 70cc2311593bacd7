"""A platform with its ledger on a node of its own, and parties known to the contract."""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from ledger.chain import instructions, typed_data
from ledger.chain.signing import address_of
from tests.chaos.ledger_parts import chain_node
from tests.port import Port
from tests.yidan.proof.test_service import free_port
from yidan import bootstrap
from yidan.config import Settings
from yidan.kernel.errors import RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import setup
from yidan.proof.service import Ledger
from yidan.proof.titles import calls
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.events import Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority
from yidan.store import chain
from yidan.store.engine import reading, writing

OWN_KEY = b"\x07" * 32
"""The consignee brings it."""


class Harbour:
    """A platform with its ledger on a node of its own; the ledger's rounds are driven by hand."""

    def __init__(self, folder, now=time.time):
        settings = Settings(
            var=folder / "var",
            node_port=free_port(),
            witness_ports=",".join(str(free_port()) for _ in range(3)),
            confirmations=1,
            title_age_s=0,
        )
        self.services = bootstrap.build(settings)
        self.settings, self.desk = settings, self.services.titles
        setup.prepare(settings)
        self.port = Port(SimpleNamespace(open=self.services.unit_of_work))
        self.ledger = Ledger(self.services)
        self.stack = ExitStack()
        self.node = self.stack.enter_context(chain_node(settings, now=now))

    def round(self):
        self.ledger._next_chain = 0.0
        self.ledger.round()

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            self.round()

    def do(self, who, work):
        return self.port.do(who, work)

    def key(self, who):
        with reading(self.services.engine) as connection:
            found = tables.party_of(connection, self.port.ids[who])
        return found.key if found else ""

    def instruction(self, asked):
        with reading(self.services.engine) as connection:
            return tables.instruction(connection, asked.instruction.id)

    def title(self, title):
        with reading(self.services.engine) as connection:
            return tables.find_title(connection, title)

    def settled(self, asked):
        """Let the contract decide; answer the state and the contract's reason."""
        open_states = InstructionState.open()
        self.until(lambda: self.instruction(asked).state not in open_states)
        found = self.instruction(asked)
        return found.state, found.code

    def ask(self, who, title, act, **more):
        command = acts.InstructTitle(title=title, act=act, **more)
        return self.do(who, lambda uow: acts.instruct_title(command, self.desk, uow))

    def signed(self, who, asked, secret=OWN_KEY):
        shown = self.port.look(
            who, lambda uow: acts.see_instruction(asked.instruction.id, self.desk, uow)
        ).to_sign
        signature = typed_data.sign(secret, dict(shown)).hex()
        return self.do(who, lambda uow: acts.sign(asked.instruction.id, signature, self.desk, uow))

    def send_by_own_key(self, declined):
        """The consignee accepts by itself, past the platform, while it is asked to decline."""
        contract = self.desk._where()[1]
        title = bytes.fromhex(declined.title)
        accepting = calls.instruction(
            self.settings.chain_id,
            contract,
            instructions.call_data("accept", title, declined.sequence),
            declined.sequence,
            0,
            declined.deadline,
        )
        signature = typed_data.sign(OWN_KEY, accepting)
        message = accepting["message"]
        batch = [
            instructions.Signed(message["call"], message["deadline"], signature, declined.sequence)
        ]
        with writing(self.services.engine) as connection:
            chain.plan(
                connection,
                chain_id=self.settings.chain_id,
                address=setup.relayer(self.settings).address,
                key=f"foreign:{declined.id}",
                kind="relay",
                payload={"to": contract, "data": instructions.relay(batch).hex(), "gas": 10**6},
                now=self.port.now(),
            )

    def close(self):
        self.stack.close()
        self.ledger.close()
        self.services.engine.dispose()


def furnished(folder, now=time.time):
    """A harbour with its people; carrier, forwarder, consignee, bank and customs have keys."""
    found = Harbour(folder, now)
    port = found.port.people()
    port.party("administration", Role.ADMINISTRATOR)
    found.until(lambda: setup.read_policy(found.settings).chain is not None)
    for who in ("carrier", "forwarder", "bank", "customs"):
        named = keys.NameKey(custody=Custody.PLATFORM)
        found.do(who, lambda uow, named=named: keys.name_key(named, found.desk, uow))
    own = keys.NameKey(custody=Custody.OWN, key=address_of(OWN_KEY).lower())
    handle = found.do("consignee", lambda uow: keys.name_key(own, found.desk, uow)).handle
    shown = found.desk.possession(handle, address_of(OWN_KEY))
    proof = typed_data.sign(OWN_KEY, shown).hex()
    with pytest.raises(RefusedError):
        found.do("consignee", lambda uow: keys.prove_key("11" * 65, found.desk, uow))
    found.do("consignee", lambda uow: keys.prove_key(proof, found.desk, uow))
    for office in (
        keys.GiveOffice(party=port.ids["carrier"]),
        keys.GiveOffice(party=port.ids["customs"], authority=Authority.CUSTOMS),
    ):
        found.do("administration", lambda uow, office=office: keys.give_office(office, uow))
    found.until(lambda: all(found.key(who) for who in ("carrier", "consignee", "customs", "bank")))

    def offices_kept():
        with reading(found.services.engine) as connection:
            mine = [one for one in tables.offices(connection) if one.party_id]
        return all(one.key for one in mine)

    found.until(offices_kept)
    assert found.key("consignee") == address_of(OWN_KEY)
    return found
