"""The model of the rules and the contract itself: same verdict, same word, every step.

The model is `title_model`, written from LEDGER 2 to 4, field by field. After each step
the invariants that a title can show are checked on the contract's own words.
"""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from title_model import EVERY_TITLE, LIVE, Refusal, TitleModel

from ledger.chain import instructions
from ledger.chain.reasons import REASONS
from ledger.chain.words import BEARER, Flag, OrderWord, PledgeWord, Roles, TitleState, TitleWord

TITLES = [keccak(text=f"model {n}") for n in range(5)]
WHY = keccak(text="why")
UNTIL = lc.START + 10**9
SENDERS = {
    "carrier": lc.CARRIER, "rival": lc.RIVAL_CARRIER, "terminal": lc.TERMINAL,
    "customs": lc.CUSTOMS, "court": lc.COURT, "payment": lc.PAYMENT, "admin": lc.ADMIN,
    "shipper": lc.SHIPPER, "consignee": lc.CONSIGNEE, "bank": lc.BANK,
}  # fmt: skip
NAMES = {key: name for name, key in SENDERS.items()}
PARTY = {lc.SHIPPER_ID: "shipper", lc.CONSIGNEE_ID: "consignee", lc.BANK_ID: "bank"}
GOODS = {TitleState.SURRENDERED, TitleState.RELEASING, TitleState.RELEASED}
AUTHORITY = {lc.CUSTOMS_BIT: "customs", lc.COURT_BIT: "court"}
WAYS = ("direct", "direct", "relayed")


def likely(*usual):
    """Mostly the one who may, sometimes anybody."""
    return st.sampled_from(usual * (30 // len(usual)) + tuple(sorted(SENDERS)))


DAYS = st.sampled_from([1, 1, 2, 366, 0, 367])
PLEDGEES = st.sampled_from(
    ["discharge", "assign_pledge", "give_notice", "withdraw_notice", "foreclose", "foreclose"]
)
KINDS = st.sampled_from(
    ["split", "split", "merge", "merge", "reissue", "void", "paper", "delivery"]
)
titles = st.sampled_from(TITLES[:3] * 4 + TITLES[3:])
quantities = st.sampled_from([0, 1, 2, 3, 5, 2**39, 2**40 - 1])
parties = st.sampled_from(sorted(PARTY))
lags = st.sampled_from([0] * 12 + [1, -1])
steps = st.one_of(st.integers(0, 4), quantities)


class LedgerMachine(RuleBasedStateMachine):
    """Random calls by random parties, to the model and to the contract."""

    chain: lc.LedgerChain
    playground: lc.Playground
    calls = 0
    accepted: ClassVar[Counter[bytes]] = Counter()
    """Accepted calls by selector, so that a machine in which nothing happens is noticed."""

    def __init__(self):
        super().__init__()
        self.playground.rewind()
        offices = {office: NAMES[keeper] for office, keeper in lc.OFFICES.items()}
        self.model = TitleModel(offices, dict(PARTY), owner="admin", now=lc.START + 10_000)
        self.before, self.nonce, self.way = {}, 0, "direct"
        self.wishes = {}
        self.playground.now = self.model.now

    def _both(self, act, who, data, *, title=None):
        """Let the model and the contract answer; a title's act may also come through a relayer."""
        type(self).calls += 1
        sequence = self.model.word(title).sequence if title else 0
        try:
            act(self.model)
        except Refusal as refusal:
            expected = refusal.args[0]
        else:
            expected = None
        relayed = title and self.way == "relayed"
        found = self._relayed(who, data, sequence) if relayed else self._direct(who, data)
        if expected is None:
            assert found is None, f"the contract refused: {found}"
            self.accepted[data[:4]] += 1
        else:
            assert found in REASONS, f"the contract did not refuse with a reason: {found}"

    def _direct(self, who, data):
        try:
            _, events = self.playground.run(SENDERS[who], data)
        except lc.Refused as refusal:
            return refusal.args[0]
        return None if events else "no event"

    def _relayed(self, who, data, sequence):
        """Relay it signed for the title as it stands, or with a nonce."""
        self.nonce += self.nonce % 2 + 1
        by_nonce = self.nonce % 3 == 0
        signed = self.chain.signed(
            SENDERS[who],
            data,
            sequence=0 if by_nonce else sequence,
            nonce=self.nonce if by_nonce else 0,
        )
        _, events = self.playground.run(lc.STRANGER, instructions.relay([signed]))
        assert events[-1].name == "Relayed"
        done = events[-1].arguments["outcomes"] == 1
        assert done == (events[0].name not in {"InstructionRefused", "Relayed"})
        return None if done else events[0].arguments["reason"]

    def _call(self, act, who, function, *arguments):
        data = instructions.call_data(function, *arguments)
        title = arguments[0] if isinstance(arguments[0], bytes) else None
        self._both(act, who, data, title=title)

    def _sequence(self, title, lag):
        return max(0, self.model.word(title).sequence + lag)

    def _one(self, title, *states):
        """The title, or one in such a state if it is in none: most acts are to have a chance."""
        if self.model.word(title).state in states:
            return title
        return next((each for each in TITLES if self.model.word(each).state in states), title)

    def _holder(self, title, who):
        return PARTY.get(self.model.word(title).holder, "bank") if who == "holder" else who

    @initialize(holders=st.lists(parties, min_size=3, max_size=3), gated=st.booleans())
    def begin(self, holders, gated):
        """Most acts need a title: begin with three, of which acts in a row can be made."""
        for title, holder, quantity in zip(TITLES, holders, (5, 40, 40), strict=False):
            terms = (title, lc.CARRIER_NO, quantity, holder, gated << lc.PAYMENT_GATE)
            self._call(
                lambda model, terms=terms: model.issue("carrier", *terms),
                "carrier",
                "issue",
                *terms,
            )

    @rule(way=st.sampled_from(WAYS))
    def send_by(self, way):
        self.way = way

    @rule(seconds=st.sampled_from([1, 50, 100, 86_400]))
    def wait(self, seconds):
        self.model.now += seconds
        self.playground.now = self.model.now

    @rule(
        title=titles,
        who=likely("carrier"),
        quantity=quantities,
        holder=parties,
        gated=st.booleans(),
    )
    def issue(self, title, who, quantity, holder, gated):
        gates = 1 << lc.PAYMENT_GATE if gated else 0
        terms = (title, lc.CARRIER_NO, quantity, holder, gates)
        self._call(lambda model: model.issue(who, *terms), who, "issue", *terms)

    @rule(title=titles, who=likely("holder"), taker=parties, lag=lags)
    def transfer(self, title, who, taker, lag):
        title = self._one(title, TitleState.ACTIVE)
        who, sequence = self._holder(title, who), self._sequence(title, lag)
        signature = self.chain.consent(title, taker, sequence=sequence)
        data = instructions.transfer(title, taker, lc.START + 10**9, signature)
        act = (title, taker, sequence)
        self._both(lambda model: model.transfer(who, *act), who, data, title=title)

    @rule(
        title=titles,
        who=likely("holder"),
        lag=lags,
        taker=parties,
        seconds=st.sampled_from([100, 90_000] * 5 + [0, 31 * 86_400]),
        roles=st.sampled_from([3] * 8 + [1, 2, 0, 4]),
    )
    def propose(self, title, who, lag, taker, seconds, roles):  # noqa: PLR0917  # drawn by name
        title = self._one(title, TitleState.ACTIVE)
        word = self.model.word(title)
        if who == "holder" and roles == Roles.OWNER:
            who = PARTY.get(word.owner, "bank")
        who = self._holder(title, who)
        terms = (title, self._sequence(title, lag), taker, self.model.now + seconds, roles)
        self._call(lambda model: model.propose(who, *terms), who, "propose", *terms)

    @rule(title=titles, who=likely("taker"), lag=lags, taking=st.booleans())
    def answer(self, title, who, lag, taking):
        title = self._one(title, TitleState.PENDING)
        taker = PARTY.get(self.model.word(title).offer.taker, "bank")
        who = taker if who == "taker" else who
        act = (title, self._sequence(title, lag))
        if taking:
            self._call(lambda model: model.accept(who, *act), who, "accept", *act)
        else:
            self._call(lambda model: model.decline(who, *act), who, "decline", *act, WHY)

    @rule(
        handle=parties,
        who=likely("party"),
        agent=parties,
        title=st.sampled_from([EVERY_TITLE, *TITLES[:2]]),
        acts=st.sampled_from([15, 15, 9, 6, 0]),
        cap=st.sampled_from([100, 40, 0]),
    )
    def delegate(self, handle, who, agent, title, acts, cap):  # noqa: PLR0917  # drawn by name
        who, agent = PARTY[handle] if who == "party" else who, PARTY[agent]
        terms = (title, acts, self.model.now + 200, cap)
        call = instructions.call_data("delegate", handle, SENDERS[agent].address, *terms)
        self._both(lambda model: model.delegate(who, handle, agent, *terms), who, call)

    @rule(title=titles, who=st.sampled_from(sorted(SENDERS)))
    def reclaim(self, title, who):
        title = self._one(title, TitleState.PENDING)
        self._call(lambda model: model.reclaim(title), who, "reclaim", title)

    @rule(title=titles, who=likely("holder"), lag=lags)
    def surrender(self, title, who, lag):
        title = self._one(title, TitleState.ACTIVE)
        who, sequence = self._holder(title, who), self._sequence(title, lag)
        act = (title, sequence)
        self._call(lambda model: model.surrender(who, *act), who, "surrender", *act)

    @rule(title=titles, who=likely("carrier"), lag=lags, accepted=st.booleans())
    def answer_surrender(self, title, who, lag, accepted):
        title = self._one(title, TitleState.SURRENDERED)
        act = (title, self._sequence(title, lag))
        if accepted:
            self._call(
                lambda model: model.accept_surrender(who, *act), who, "accept_surrender", *act
            )
        else:
            self._call(
                lambda model: model.reject_surrender(who, *act), who, "reject_surrender", *act, WHY
            )

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def release(self, title, who, lag):
        title = self._one(title, TitleState.SURRENDERED)
        act = (title, self._sequence(title, lag))
        self._call(lambda model: model.release(who, *act), who, "release", *act, WHY)

    @rule(title=titles, who=likely("carrier"), lag=lags, nominee=parties, quantity=steps)
    def order(self, title, who, lag, nominee, quantity):
        title = self._one(title, TitleState.SURRENDERED, TitleState.RELEASING)
        sequence = self._sequence(title, lag)
        terms = (title, sequence, lc.TERMINAL_NO, nominee, quantity, UNTIL)
        self._call(lambda model: model.order(who, *terms), who, "order", *terms)

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("carrier"))
    def revoke(self, data, who):
        act = data.draw(st.sampled_from(sorted(self.model.orders)))
        self._call(lambda model: model.revoke_order(who, *act), who, "revoke_order", *act)

    @precondition(lambda self: self.model.orders)
    @rule(
        data=st.data(),
        who=likely("terminal"),
        more=steps,
        other=st.sampled_from([False] * 9 + [True]),
    )
    def collect(self, data, who, more, other):
        title, number = data.draw(st.sampled_from(sorted(self.model.orders)))
        order = self.model.orders[title, number]
        act = (title, number, 7 if other else order.nominee, order.collected + more)
        call = instructions.collect(*act, WHY)
        self._both(lambda model: model.collect(who, *act), who, call, title=title)

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("carrier"), nominee=parties)
    def renominate(self, data, who, nominee):
        act = (*data.draw(st.sampled_from(sorted(self.model.orders))), nominee)
        self._call(lambda model: model.renominate(who, *act), who, "renominate", *act)

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def close(self, title, who, lag):
        title = self._one(title, TitleState.RELEASING)
        act = (title, self._sequence(title, lag))
        self._call(
            lambda model: model.close_with_tolerance(who, *act),
            who,
            "close_with_tolerance",
            *act,
            WHY,
        )

    @rule(title=titles, who=likely("holder"), lag=lags)
    def endorse_in_blank(self, title, who, lag):
        who, act = self._holder(title, who), (title, self._sequence(title, lag))
        self._call(lambda model: model.endorse_in_blank(who, *act), who, "endorse_in_blank", *act)

    @rule(title=titles, who=likely("holder"), lag=lags, pledgee=parties, days=DAYS)
    def pledge(self, title, who, lag, pledgee, days):
        title = self._one(title, TitleState.ACTIVE)
        who = self._holder(title, who)
        act = (title, self._sequence(title, lag), pledgee, days * 86_400)
        self._call(lambda model: model.pledge(who, *act), who, "pledge", *act)

    @rule(title=titles, who=likely("pledgee"), lag=lags, function=PLEDGEES, to=parties)
    def use_pledge(self, title, who, lag, function, to):
        title = title if title in self.model.pledges else min(self.model.pledges, default=title)
        pledgee = self.model.pledges.get(title, PledgeWord()).pledgee
        who = PARTY.get(pledgee, "bank") if who == "pledgee" else who
        act = (title, self._sequence(title, lag))
        if function == "assign_pledge":
            act = (*act, to)
        self._call(lambda model: getattr(model, function)(who, *act), who, function, *act)

    @rule(title=titles, other=titles, who=likely("holder"), kind=KINDS, off=lags, data=st.data())
    def ask_for_amendment(self, title, other, who, kind, off, data):  # noqa: PLR0917  # drawn by name
        """Surrender a title, and for a merger another too, for what is to take its place."""
        title = self._one(title, TitleState.ACTIVE)
        quantity = max(0, self.model.word(title).quantity + off)
        first, second = data.draw(st.permutations(TITLES))[:2]
        others = [other] if kind == "merge" else []
        together = quantity + self.model.word(other).quantity
        children = {
            "split": [(first, 1), (second, max(0, quantity - 1))],
            "merge": [(first, min(together, 2**64 - 1))],
            "reissue": [(first, quantity)],
        }.get(kind, [])
        self.wishes[title] = (kind, others, children)
        wish = self._wish(title)
        for each in dict.fromkeys([title, *others]):
            self._ask(each, self._holder(each, who), wish)

    def _wish(self, title):
        kind, others, children = self.wishes.get(title, ("void", [], []))
        if kind == "paper":
            return instructions.paper_lineage(WHY)
        return bytes(32) if kind == "delivery" else instructions.lineage(title, others, children)

    def _ask(self, title, who, wish):
        act = (title, self.model.word(title).sequence, wish)
        pledge = self.model.pledges.get(title)
        if pledge is None:
            function = "surrender_for_amendment"
            self._call(lambda model: model.surrender_for_amendment(who, *act), who, function, *act)
            return
        signature = self.chain.pledgee_consent(*act, signer=SENDERS[PARTY[pledge.pledgee]])
        call = instructions.surrender_pledged(*act, UNTIL, signature)
        self._both(lambda model: model.surrender_pledged(who, *act), who, call, title=title)

    @precondition(lambda self: self.wishes)
    @rule(
        data=st.data(), who=likely("carrier"), lag=lags, told=st.sampled_from([True] * 5 + [False])
    )
    def amend(self, data, who, lag, told):
        """Do what the holder asked for, or something else."""
        title = data.draw(st.sampled_from(sorted(self.wishes)))
        amended = [t for t in self.wishes if self.model.word(t).state == TitleState.AMENDMENT]
        title = amended[0] if amended and title not in amended else title
        kind, others, children = self.wishes[title]
        act = (title, self._sequence(title, lag))
        if kind == "paper":
            act = (*act, WHY if told else bytes(32))
            self._call(lambda model: model.switch_to_paper(who, *act), who, "switch_to_paper", *act)
        else:
            act = (*act, others, children if told else [])
            self._call(lambda model: model.replace(who, *act), who, "replace", *act)

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def reject_amendment(self, title, who, lag):
        title = self._one(title, TitleState.AMENDMENT)
        act = (title, self._sequence(title, lag))
        function = "reject_amendment"
        self._call(lambda model: model.reject_amendment(who, *act), who, function, *act, WHY)

    @rule(title=titles, paper=titles, who=likely("carrier"), holder=parties)
    def switch_back(self, title, paper, who, holder):
        paper = self._one(paper, TitleState.PAPER)
        act = (title, paper, holder)
        self._call(lambda model: model.switch_back(who, *act), who, "switch_back", *act)

    @rule(title=titles, bit=st.sampled_from(sorted(AUTHORITY)), who=likely("customs", "court"))
    def hold(self, title, bit, who):
        self._call(lambda model: model.hold(who, title, bit), who, "hold", title, bit, WHY)

    @rule(title=titles, bit=st.sampled_from(sorted(AUTHORITY)), who=likely("customs", "court"))
    def unhold(self, title, bit, who):
        self._call(lambda model: model.unhold(who, title, bit), who, "unhold", title, bit, WHY)

    @rule(title=titles, who=likely("payment"), satisfied=st.booleans())
    def gate(self, title, who, satisfied):
        function = "satisfy" if satisfied else "unsatisfy"
        act = (title, lc.PAYMENT_GATE)
        self._call(
            lambda model: model.gate(who, *act, satisfied=satisfied), who, function, *act, WHY
        )

    @rule(who=likely("terminal"), serials=st.sets(st.integers(0, 255), min_size=1, max_size=3))
    def nullify(self, who, serials):
        call = instructions.nullify(lc.TERMINAL_NO, serials)
        self._both(lambda model: model.nullify(who, lc.TERMINAL_NO, serials), who, call)

    @rule(who=likely("admin"), more=st.sampled_from([1, 5, 0, -1]))
    def anchor(self, who, more):
        size = max(0, self.model.size + more)
        call = instructions.anchor(size, WHY, 1, b"")
        self._both(lambda model: model.anchor(who, size), who, call)

    @rule(who=likely("admin"), office=st.sampled_from(sorted(lc.OFFICES)), stop=st.booleans())
    def pause(self, who, office, stop):
        function = "pause" if stop else "unpause"
        self._call(lambda model: model.pause(who, office, stop=stop), who, function, office)

    @invariant()
    def contract_and_model_hold_the_same_words(self):
        for title in TITLES:
            word = TitleWord.unpack(self.playground.storage(0, title))
            assert word == self.model.word(title)
            self._check(title, word)
            second = self.playground.storage(10, title)
            if word.flags & Flag.PLEDGED and word.state < TitleState.VOID:
                assert PledgeWord.unpack(second) == self.model.pledges[title]
            else:
                assert second == int.from_bytes(self.model.returned.get(title, b""), "big")
        for (title, number), order in self.model.orders.items():
            assert OrderWord.unpack(self.playground.storage(1, title, number)) == order

    @invariant()
    def contract_and_model_used_the_same_serials_and_anchored_the_same_size(self):
        used = self.playground.storage(2, lc.TERMINAL_NO, 0)
        assert used == sum(1 << serial for _, serial in self.model.used)
        assert self.playground.storage(5) % 2**64 == self.model.size

    def _check(self, title, word):
        """I2, I3, I5, I6 and I12 on the contract's own word."""
        before = self.before.get(title, TitleWord())
        orders = [order for (of, _), order in self.model.orders.items() if of == title]
        assert word.sequence - before.sequence in {0, 1}
        assert (word == before) == (word.sequence == before.sequence)
        if before.state >= TitleState.RELEASED:
            assert word == before
        if word.state in LIVE:
            assert word.holder in PARTY
            assert word.owner in PARTY or word.owner == BEARER
            assert bool(word.flags & Flag.APART) == (word.owner != word.holder)
        if word.state in GOODS:
            assert word.collected <= word.ordered <= word.quantity
            assert before.state not in GOODS or before.collected <= word.collected
        if before.flags & word.flags & Flag.PLEDGED and word.state == TitleState.ACTIVE:
            assert before.state == TitleState.ABSENT or word.holder == before.holder
        if orders:
            assert word.collected == sum(order.collected for order in orders)
        self.before[title] = word


def test_model_and_contract_agree_on_thousands_of_random_calls(chain):
    LedgerMachine.chain = chain
    LedgerMachine.playground = lc.Playground(chain)
    LedgerMachine.calls = 0
    LedgerMachine.accepted.clear()
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert LedgerMachine.calls > 2_000
    assert len(LedgerMachine.accepted) > 12, LedgerMachine.accepted


def test_the_machine_notices_a_model_that_allows_too_much(chain, monkeypatch):
    monkeypatch.setattr(TitleModel, "hold", lambda *_: None)
    LedgerMachine.chain = chain
    LedgerMachine.playground = lc.Playground(chain)
    found = settings(max_examples=200, database=None, deadline=None, phases=[Phase.generate])
    # By the verdict or by the word, whichever example comes first.
    with pytest.raises(AssertionError, match=r"the contract refused|TitleWord"):
        run_state_machine_as_test(LedgerMachine, settings=found)
