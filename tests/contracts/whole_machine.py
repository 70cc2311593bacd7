"""The random machine with the acts that concern the ledger as a whole, or are rare.

Suspension, pauses of many, seizure, letters of indemnity, and titles that come from another ledger
or go there. The other ledger is an account with the same code, whose storage is written here.
"""

from __future__ import annotations

from functools import cache

import ledger_chain as lc
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from ledger_machine import (
    AUTHORITY,
    NEWCOMER,
    PARTY,
    SENDERS,
    STOPPABLE,
    TITLES,
    WHY,
    LedgerMachine,
    lags,
    likely,
    titles,
)
from ledger_machine import furnished as plain
from quick_ledger import slot_of
from title_model import LIVE, TitleModel

from ledger.chain import instructions
from ledger.chain.instructions import AUTHORITIES, ISSUERS, successor_lineage
from ledger.chain.words import Flag, PledgeWord, TitleState, TitleWord

COURT_ID = 0xC0DE
"""Handle under which the court can take a title."""
THERE = "0x" + "4d" * 20
"""Another ledger, from which titles come."""
ELSEWHERE = "0x" + "5e" * 20
"""A third one, to which they go; an id is taken there."""
NOWHERE = "0x" + "00" * 20
EVIDENCE = {WHY: 4, bytes(32): 1}
WEEK = 7 * 86_400
handles = st.sampled_from([*sorted(PARTY), NEWCOMER])


@cache
def other_ledger(here):
    """The model of the ledger from which titles come; some of its titles are not to be had."""
    there = TitleModel({ISSUERS + lc.CARRIER_NO: "carrier"}, dict(PARTY))
    gone = TitleWord(
        TitleState.MIGRATED,
        quantity=40,
        owner=lc.SHIPPER_ID,
        holder=lc.SHIPPER_ID,
        issuer=lc.CARRIER_NO,
        sequence=3,
    )
    for title in TITLES:
        there.titles[title] = gone
        there.lineages[title] = successor_lineage(here)
    there.titles[TITLES[3]] = TitleWord(**vars(gone) | {"issuer": lc.RIVAL_NO})
    there.titles[TITLES[4]] = TitleWord(**vars(gone) | {"flags": int(Flag.PLEDGED)})
    there.pledges[TITLES[4]] = PledgeWord(lc.BANK_ID, 86_400)
    there.lineages[TITLES[5]] = successor_lineage(ELSEWHERE)
    there.titles[TITLES[6]] = TitleWord(**vars(gone) | {"state": TitleState.ACTIVE})
    return there


@cache
def following_ledger():
    """The model of the ledger to which titles go."""
    return TitleModel(titles={TITLES[2]: TitleWord(TitleState.ACTIVE, sequence=1)})


@cache
def furnished():
    """The machine's ledger, a court that is a party, and the other ledger beside it."""
    ledger = plain()
    ledger.rewind()
    proof = lc.LedgerChain.possession(ledger, COURT_ID, lc.COURT)
    terms = (COURT_ID, lc.COURT.address, *proof)
    ledger.run(lc.ADMIN, instructions.call_data("register", *terms))
    for model, address in ((other_ledger(ledger.contract), THERE), (following_ledger(), ELSEWHERE)):
        _put(ledger.accounts, bytes.fromhex(address[2:]), model)
        ledger.accounts.set_code(
            bytes.fromhex(address[2:]), ledger.accounts.get_code(ledger.address)
        )
    ledger.keep()
    return ledger


def _put(accounts, address, model):
    """Write a ledger's storage as the contract would have it."""
    titles = {title: word.pack() for title, word in model.titles.items()}
    pledges = {title: pledge.pack() for title, pledge in model.pledges.items()}
    lineages = {title: int.from_bytes(wish, "big") for title, wish in model.lineages.items()}
    offices = {office: _key(name) for office, name in model.offices.items()}
    parties = {handle: _key(name) for handle, name in model.parties.items()}
    slots = {0: titles, 3: offices, 4: parties, 10: pledges, 16: lineages}
    for slot, words in slots.items():
        for key, word in words.items():
            accounts.set_storage(address, slot_of(slot, key), word)


def _key(name):
    return int.from_bytes(SENDERS[name].raw_address, "big")


class WholeMachine(LedgerMachine):
    """All acts of the contract."""

    def __init__(self):
        furnished()
        super().__init__()
        self.model.parties[COURT_ID] = "court"
        self.model.following = following_ledger()

    # Suspension and pauses.

    @rule(
        who=likely("admin"), handle=st.sampled_from([*sorted(PARTY), NEWCOMER]),
        stop=st.sampled_from([True, False, False]),
    )  # fmt: skip
    def suspend(self, who, handle, stop):
        handle = handle if stop else min(self.model.suspended, default=handle)
        self._with_reason("suspend" if stop else "restore", who, (handle,))

    @rule(
        who=likely("owner"), stop=st.sampled_from([True, False, False]),
        offices=st.lists(st.sampled_from([*STOPPABLE * 6, AUTHORITIES]), max_size=3),
    )  # fmt: skip
    def pause_many(self, who, stop, offices):
        offices = offices if stop else sorted(self.model.paused | set(offices))
        if not offices or {office in self.model.paused for office in offices} == {stop}:
            return
        self._call(
            "pause_many",
            self._owner(who),
            offices,
            stop,
            act=lambda model, who: model.pause_many(who, offices, stop=stop),
        )

    # Seizure and indemnity.

    @rule(
        title=titles, bit=st.sampled_from([*AUTHORITY, 8]), who=likely("keeper"),
        to=st.sampled_from([COURT_ID] * 6 + sorted(PARTY)),
        evidence=st.sampled_from([each for each, times in EVIDENCE.items() for _ in range(times)]),
    )  # fmt: skip
    def seize(self, title, bit, who, to, evidence):
        who = self._keeper(AUTHORITIES + bit, who)
        self._call("seize", who, title, bit, to, evidence)

    @precondition(lambda self: self._now_and_then() and self._has(*LIVE))
    @rule(title=titles)
    def seize_together(self, title):
        """Acts in a row that end in a seizure, if nothing stops it."""
        title = self._one(title, *LIVE)
        for bit in (lc.COURT_BIT, lc.CUSTOMS_BIT):
            if not self.model.word(title).holds >> bit & 1:
                self._with_reason("hold", self._keeper(AUTHORITIES + bit, "keeper"), (title, bit))
        for bit in (lc.COURT_BIT, lc.CUSTOMS_BIT):
            self.seize(title, bit, "keeper", COURT_ID, WHY)

    @precondition(lambda self: self._now_and_then())
    @rule(title=titles, who=likely("carrier"))
    def flag_indemnity(self, title, who):
        self._with_reason("flag_indemnity", who, (title,))

    # From one ledger to the other.

    @precondition(lambda self: self._now_and_then())
    @rule(who=likely("owner"), ledger=st.sampled_from([ELSEWHERE] * 8 + [NOWHERE]))
    def name_successor(self, who, ledger):
        lineage = successor_lineage(ledger) if ledger != NOWHERE else b""
        self._call(
            "name_successor",
            self._owner(who),
            ledger,
            act=lambda model, who: model.name_successor(who, lineage),
        )

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def migrate(self, title, who, lag):
        title = self._one(title, TitleState.AMENDMENT)
        self._call("migrate", who, title, self._sequence(title, lag))

    @precondition(lambda self: self._now_and_then() and self._has(TitleState.ACTIVE))
    @rule(title=titles, waited=st.sampled_from([True, True, True, False]))
    def go_there(self, title, waited):
        """Acts in a row that end in a migration, if nothing stops it."""
        title = self._one(title, TitleState.ACTIVE)
        if self.model.successor is None:
            self.name_successor("owner", ELSEWHERE)
        if waited:
            self._later(WEEK + 1)
        terms = (title, self.model.word(title).sequence, successor_lineage(ELSEWHERE))
        self._call("surrender_for_amendment", self._holder(title, "holder"), *terms)
        self.migrate(title, "carrier", 0)

    @rule(title=titles, who=likely("carrier"))
    def adopt(self, title, who):
        there = other_ledger(self.ledger.contract)
        issuer = lc.RIVAL_NO if who == "rival" else lc.CARRIER_NO
        self._call(
            "adopt",
            who,
            title,
            THERE,
            issuer,
            act=lambda model, who: model.adopt(who, title, there, issuer),
        )
