"""Kill -9 between any two commits of relaying and following: every instruction one outcome (S70).

The real contract, its chain in the killed process. What submission itself writes is killed in
`test_killed_submission`, the log in `test_killed_ledger`.
"""

from collections import Counter

import pytest
from sqlalchemy import select

from ledger.chain.events import topic
from ledger.chain.node.readonly import open_readonly
from tests.chaos.killing import Kills, Snapshot
from tests.chaos.test_killed_ledger import fill
from tests.chaos.test_killed_submission import writers
from tests.chaos.titled import HOLDER, ChainCopy, Roads
from yidan.kernel.events import SYSTEM
from yidan.proof import fsck
from yidan.proof.titles import follower as followers
from yidan.proof.titles import relaying
from yidan.proof.titles.vault import Vault
from yidan.release.titles import tables
from yidan.release.titles.events import (
    Act,
    KeyConfirmed,
    OfficeConfirmed,
    TitleConfirmed,
    TitleConsented,
    TitleRefused,
)
from yidan.release.titles.rules.offices import Authority
from yidan.store import events, rebuild
from yidan.store.engine import reading
from yidan.store.ledger_tables import ChainInstruction, ChainRelayed

pytestmark = pytest.mark.integration

TOLD = (KeyConfirmed, OfficeConfirmed, TitleConsented, TitleConfirmed, TitleRefused)
ENDING = (TitleConfirmed, TitleRefused)
WANTED = [
    ("consented", "transfer", "confirmed", ""),
    ("expired", "surrender", "refused", "InstructionExpired"),
    ("held", "hold", "confirmed", ""),
    ("held", "surrender", "refused", "StaleSequence"),
    ("never signed", "surrender", "refused", "InstructionExpired"),
    ("overtaken", "surrender", "refused", "StaleSequence"),
    ("plain", "surrender", "confirmed", ""),
]


@pytest.fixture
def roads(platform_here, port_here):
    return Roads(platform_here, port_here.people()).begin()


@pytest.fixture
def asked(roads):
    """Instructions of every kind of outcome, by name: their titles; two keys and an office too."""
    names = ("plain", "consented", "overtaken", "expired", "never signed", "held")
    own = ("consented", "never signed")
    titles = {
        name: roads.issued(f"EOCLYG26110{at:03d}", "consignee" if name in own else "forwarder")
        for at, name in enumerate(names)
    }
    roads.life()
    roads.ask("forwarder", titles["plain"], Act.SURRENDER)
    agreed = roads.ask(
        "consignee", titles["consented"], Act.TRANSFER, to=roads.port.ids["forwarder"]
    )
    roads.agree("forwarder", agreed)
    roads.past_the_platform("forwarder", titles["overtaken"], "surrender_for_amendment", bytes(32))
    roads.late("forwarder", titles["expired"])
    roads.late("consignee", titles["never signed"])
    roads.ask("authority", titles["held"], Act.HOLD, authority=Authority.COURT)
    roads.ask("forwarder", titles["held"], Act.SURRENDER)
    roads.ask("forwarder", titles["overtaken"], Act.SURRENDER)
    roads.name("bank")
    roads.office("bank", authority=Authority.BANK)
    return titles


NOT_KILLED = {"titles.relaying._set_aside"}
"""It only says when an instruction is looked at again: after a kill it is set aside anew."""
BATCHES = {topic("Relayed"), topic("InstructionRefused")}


def told(roads, kinds=TOLD):
    """What was recorded of titles, keys and offices: subject by subject, in its order."""
    with reading(roads.services.engine) as connection:
        found = [one.recorded for one in events.all_of(connection)]
    mine = [one for one in found if isinstance(one.event, kinds)]
    return sorted((one.subject, one.position, *summary(one.event)) for one in mine)


def summary(happened):
    """An event without what differs from run to run: hashes, numbers of blocks."""
    given = (getattr(happened, name, "") for name in ("happened", "code", "word", "instruction_id"))
    return type(happened).__name__, *given


def endings(roads):
    """Of each instruction that has an end: how many."""
    return Counter(one[-1] for one in told(roads, ENDING) if one[-1])


def sent_once(roads):
    """Whether no instruction stands in two batches and every batch is settled.

    One that the contract refuses may be sent or not: a hold that is there earlier, after a kill, is
    seen before sending.
    """
    plans, carried = ChainInstruction.__table__, ChainRelayed.__table__.c.instruction_id
    with reading(roads.services.engine) as connection:
        batches = Counter(connection.execute(select(carried)).scalars())
        found = select(plans.c.key).where(plans.c.state != "confirmed")
        return set(batches.values()) == {1} and not connection.execute(found).scalars().all()


def on_the_contract(roads):
    """Every log of the contract of what was done: its event, and what it is of."""
    chain = open_readonly(roads.settings.var / "chain.db")
    contract = bytes.fromhex(roads.desk._where()[1].removeprefix("0x"))
    try:
        logs = [topics[:2] for topics, _, _ in chain.logs(contract)]
    finally:
        chain.close()
    return Counter(topics for topics in logs if topics[0] not in BATCHES)


def states(roads, titles):
    """Of the instructions behind the issues: title's name, act, state, reason."""
    with reading(roads.services.engine) as connection:
        return sorted(
            (name, one.act.value, one.state.value, one.code)
            for name, title in titles.items()
            for one in tables.instructions_of(connection, title)
            if one.act is not Act.ISSUE
        )


def telling(kills):
    """Steps of relaying and following after which the world is another than at the step before."""
    last = ""
    for number, (name, places) in enumerate(zip(kills.names, kills.places, strict=True), 1):
        if not name.startswith(("before ", "after ")):
            continue
        mine = any(place.startswith(("titles.follower.", "titles.relaying.")) for place in places)
        if mine and (name, last) != ("before commit", "after commit"):
            yield number, name
        last = name


def test_s70_killed_between_any_two_commits_every_instruction_has_one_outcome(roads, asked):
    engine, commitments = (
        roads.services.engine,
        roads.services.unit_of_work(SYSTEM)._workshop.commitments,
    )
    start, before = Snapshot(engine), ChainCopy(roads.settings)
    kills = Kills(engine, ((Vault, "sign"), (Vault, "address")))
    kills.count(roads.life)
    assert states(roads, asked) == WANTED
    wanted = told(roads), on_the_contract(roads)
    assert sent_once(roads)
    points = list(telling(kills))
    missed = writers(followers, relaying) - kills.sites
    assert missed == NOT_KILLED, "somebody added one: kill it here too"
    for number, name in points:
        start.restore()
        before.restore()
        where = f"{number} ({name}) of {len(points)}"
        assert kills.kill_at(number, roads.life), where
        roads.life()
        assert states(roads, asked) == WANTED, where
        assert set(endings(roads).values()) == {1}, where
        assert (told(roads), on_the_contract(roads)) == wanted, where
        assert sent_once(roads), where
        assert rebuild.check(engine, commitments).findings == (), where
        fill(roads.services, HOLDER)
        assert fsck.check(engine, roads.settings).findings == (), where
    start.drop()
