"""A port with titles on the real contract, its chain in the same process and on one file.

The chain mines what it is sent at once, with blocks on top for depth k. Killed with the process
that uses it, it stands as its last block left it, and what waited in its pool is lost.
"""

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from ledger.chain import instructions, typed_data
from ledger.chain.client import ChainClient
from ledger.chain.node.machine import Machine
from ledger.chain.node.methods import Methods
from ledger.chain.node.rpc import answer
from ledger.chain.signing import address_of
from tests.yidan.proof.test_service import free_port
from yidan.kernel.reasons import Role
from yidan.proof import setup
from yidan.proof.anchoring import Anchoring
from yidan.proof.sender import Sender
from yidan.proof.sequencer import LEASE
from yidan.proof.titles import calls
from yidan.proof.titles.follower import Follower
from yidan.proof.titles.relaying import Relay
from yidan.proof.titles.vault import Vault
from yidan.release.titles import events, tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority
from yidan.store import chain, leases
from yidan.store.engine import reading, writing

OWN_KEY = b"\x07" * 32
"""The consignee brings it."""
K = 1
HOLDER = "this process"


class ChainHere:
    """The embedded chain without its server: it answers, and mines what it is sent."""

    def __init__(self, settings):
        relayer = bytes.fromhex(setup.relayer(settings).address.removeprefix("0x"))
        funds = {relayer: setup.GENESIS_BALANCE_WEI}
        self.machine = Machine.open(settings.var / "chain.db", settings.chain_id, funds)
        self.methods = Methods(self.machine, added=lambda: None)

    def make_request(self, method, params):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        told = json.loads(answer(self.methods, json.dumps(body).encode()))
        if method == "eth_sendRawTransaction":
            self.mine()
        return told

    def mine(self):
        state = self.machine.state(self.machine.head)
        pool = self.methods.pool
        ready = pool.ready(lambda address: int(state.get_nonce(address)), base_fee=0)
        for block in [ready, *[[]] * K]:
            assert self.machine.mine(block) == []
        for transaction in ready:
            pool.remove(transaction)


@contextmanager
def open_chain(settings):
    """A client of the chain, for as long as nobody else has it."""
    node = ChainHere(settings)
    try:
        yield ChainClient(node)
    finally:
        node.machine.close()


class ChainCopy:
    """The chain as it stood, to go back to before each kill."""

    def __init__(self, settings):
        self.path = settings.var / "chain.db"
        self.kept = settings.var / "chain.kept"
        shutil.copyfile(self.path, self.kept)

    def restore(self):
        for name in (f"{self.path}-wal", f"{self.path}-shm"):
            self.path.with_name(name.rpartition("/")[2]).unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.path)


class Roads:
    """Parties with registered keys and titles in their hands."""

    def __init__(self, services, port):
        settings = replace(services.settings, confirmations=K, title_age_s=0, node_port=free_port())
        self.services = replace(services, settings=settings)
        self.settings, self.desk, self.port = settings, services.titles, port
        setup.prepare(settings)

    # The ledger's part.

    def life(self, rounds=6):
        """One life of what sends instructions and follows the chain, as far as it comes."""
        with open_chain(self.settings) as client:
            sender = Sender(self.services, client, setup.relayer(self.settings))
            sender.begin()
            anchoring = Anchoring(self.services, client, sender)
            for _ in range(rounds):
                sender.push()
                if anchoring.ensure_contract():
                    self._round(client, sender, anchoring)
                sender.push()

    def _round(self, client, sender, anchoring):
        assert leases.acquire(self.services.engine, LEASE, HOLDER) is not None
        follower = Follower(self.services, client, anchoring.contract)
        follower.follow(anchoring.created_in(), HOLDER)
        policy = setup.read_policy(self.settings)
        if policy.chain is None:
            setup.name_contract(self.settings, policy, anchoring.contract)
        Relay(self.services, client, sender.address, anchoring.contract).plan()
        self.own_signs()

    # The parties' part.

    def do(self, who, work):
        return self.port.do(who, work)

    def begin(self):
        """Keys, offices, and the contract; the consignee keeps its key itself."""
        self.port.party("administration", Role.ADMINISTRATOR)
        self.life(rounds=3)
        for who in ("carrier", "forwarder", "customs", "authority"):
            self.name(who)
        own = keys.NameKey(custody=Custody.OWN, key=address_of(OWN_KEY).lower())
        handle = self.do("consignee", lambda uow: keys.name_key(own, self.desk, uow)).handle
        shown = self.desk.possession(handle, address_of(OWN_KEY))
        proof = typed_data.sign(OWN_KEY, shown).hex()
        self.do("consignee", lambda uow: keys.prove_key(proof, self.desk, uow))
        self.office("carrier")
        self.office("customs", authority=Authority.CUSTOMS)
        self.office("authority", authority=Authority.COURT)
        self.life()
        return self

    def name(self, who):
        named = keys.NameKey(custody=Custody.PLATFORM)
        self.do(who, lambda uow: keys.name_key(named, self.desk, uow))

    def office(self, who, **which):
        given = keys.GiveOffice(party=self.port.ids[who], **which)
        self.do("administration", lambda uow: keys.give_office(given, uow))

    def issued(self, number, holder="forwarder"):
        """Ask for a bill's title; answer its id."""
        waybill_id = self.port.bill(number, negotiable=True)
        command = acts.IssueTitle(waybill_id=waybill_id, holder=self.port.ids[holder])
        return self.do(
            "carrier", lambda uow: acts.issue_title(command, self.desk, uow)
        ).instruction.title

    def ask(self, who, title, act, **more):
        command = acts.InstructTitle(title=title, act=act, **more)
        asked = self.do(who, lambda uow: acts.instruct_title(command, self.desk, uow))
        return asked.instruction

    def agree(self, who, asked):
        self.do(who, lambda uow: acts.consent(asked.id, "", self.desk, uow))

    def own_signs(self):
        """The consignee signs what is shown to it."""
        for asked in self.instructions():
            if (
                asked.state is InstructionState.AWAITING_SIGNATURE
                and asked.deadline > self.port.now()
            ):
                shown = self.port.look(
                    "consignee", lambda uow, one=asked: acts.see_instruction(one.id, self.desk, uow)
                ).to_sign
                if shown:
                    signature = typed_data.sign(OWN_KEY, dict(shown)).hex()
                    self.do(
                        "consignee",
                        lambda uow, one=asked, by=signature: acts.sign(one.id, by, self.desk, uow),
                    )

    def late(self, who, title):
        """A surrender whose time ran out before anything was done about it."""
        sequence = self.title(title).sequence

        def work(uow):
            uow.lock(f"title:{title}")
            signer = tables.party_of(uow.connection, self.port.ids[who])
            happened = events.TitleInstructed(
                title=title,
                instruction_id=uow.new_id(),
                act=Act.SURRENDER,
                sequence=sequence,
                nonce=0,
                deadline=uow.now.replace(microsecond=0) - timedelta(hours=1),
                handle=signer.handle,
                consent_of=0,
                terms={},
                waybill_id="",
                carrier="",
                transport_document_reference="",
                document_commitment="",
                salt="",
            )
            uow.record(f"title:{title}", happened)

        self.do(who, work)

    def past_the_platform(self, who, title, function, *rest):
        """A party sends the contract a call of its own, by somebody who relays it."""
        chain_id, contract = self.settings.chain_id, self.desk._where()[1]
        sequence, until = self.title(title).sequence, self.port.now() + timedelta(days=1)
        call = instructions.call_data(function, bytes.fromhex(title), sequence, *rest)
        typed = calls.instruction(chain_id, contract, call, sequence, 0, until)
        with reading(self.services.engine) as connection:
            party = tables.party_of(connection, self.port.ids[who])
        signature = Vault(self.settings).sign(party, typed)
        batch = [instructions.Signed(call, typed["message"]["deadline"], signature, sequence)]
        self.sends(f"foreign:{title}", instructions.relay(batch))

    def registrar(self, function, who):
        """The office that the relayer keeps suspends a party, or lets it act again."""
        with reading(self.services.engine) as connection:
            handle = tables.party_of(connection, self.port.ids[who]).handle
        self.sends(f"{function}:{who}", instructions.call_data(function, handle, bytes(32)))

    def sends(self, key, data):
        """The relayer's next transaction."""
        with writing(self.services.engine) as connection:
            chain.plan(
                connection,
                chain_id=self.settings.chain_id,
                address=setup.relayer(self.settings).address,
                key=key,
                kind="relay",
                payload={"to": self.desk._where()[1], "data": data.hex(), "gas": 10**6},
                now=self.port.now(),
            )

    # What can be seen.

    def title(self, title):
        with reading(self.services.engine) as connection:
            return tables.find_title(connection, title)

    def instructions(self):
        with reading(self.services.engine) as connection:
            titles = sorted({one.title for one in tables.open_instructions(connection)})
            return [one for title in titles for one in tables.open_instructions(connection, title)]
