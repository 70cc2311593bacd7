"""A pure Python model of the contract and the contract itself: same verdict, same word, every step.

The model is written from LEDGER 2 to 4, field by field, not from the contract's bit arithmetic.
After each step the invariants that a title can show are checked on the contract's own words.
"""

from __future__ import annotations

from dataclasses import replace

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.chain import instructions
from ledger.chain.reasons import REASONS
from ledger.chain.words import OrderState, OrderWord, TitleState, TitleWord

TITLES = [keccak(text=f"model {n}") for n in range(2)]
WHY = keccak(text="why")
UNTIL = lc.START + 10**9
SENDERS = {
    "carrier": lc.CARRIER, "rival": lc.RIVAL_CARRIER, "terminal": lc.TERMINAL,
    "customs": lc.CUSTOMS, "court": lc.COURT, "payment": lc.PAYMENT, "admin": lc.ADMIN,
    "shipper": lc.SHIPPER, "consignee": lc.CONSIGNEE, "bank": lc.BANK,
}  # fmt: skip
PARTY = {lc.SHIPPER_ID: "shipper", lc.CONSIGNEE_ID: "consignee", lc.BANK_ID: "bank"}
AUTHORITY = {lc.CUSTOMS_BIT: "customs", lc.COURT_BIT: "court"}
LIVE = {TitleState.ACTIVE, TitleState.SURRENDERED, TitleState.RELEASING}


class Model:
    """Titles, orders, serials and anchors as plain values; every method answers accepted or not."""

    def __init__(self):
        self.titles, self.orders, self.used, self.size = {}, {}, set(), 0
        self.paused = set()

    def title(self, title):
        return self.titles.get(title, TitleWord())

    def _put(self, title, word):
        self.titles[title] = replace(word, sequence=word.sequence + 1)
        return True

    def _goods_free(self, word):
        return not word.holds and not word.gates_required & ~word.gates_satisfied

    def _frozen(self, word):
        return any(word.holds >> bit & 1 for bit in range(4, 8))

    def issue(self, who, title, quantity, holder, gates):
        if who != "carrier" or "carrier" in self.paused or title in self.titles or quantity == 0:
            return False
        word = TitleWord(
            state=TitleState.ACTIVE, quantity=quantity, owner=holder, holder=holder,
            gates_required=gates, issuer=lc.CARRIER_NO,
        )  # fmt: skip
        return self._put(title, word)

    def transfer(self, who, title, taker, consent_sequence):
        word = self.title(title)
        if word.state != TitleState.ACTIVE or PARTY[word.holder] != who or self._frozen(word):
            return False
        if consent_sequence != word.sequence:
            return False
        return self._put(title, replace(word, owner=taker, holder=taker))

    def surrender(self, who, title, sequence):
        word = self.title(title)
        if word.state != TitleState.ACTIVE or PARTY[word.holder] != who or self._frozen(word):
            return False
        if sequence != word.sequence:
            return False
        return self._put(title, replace(word, state=TitleState.SURRENDERED))

    def _carrier_may(self, who, word, sequence):
        return who == "carrier" not in self.paused and sequence == word.sequence

    def reject(self, who, title, sequence):
        word = self.title(title)
        if word.state != TitleState.SURRENDERED or not self._carrier_may(who, word, sequence):
            return False
        return self._put(title, replace(word, state=TitleState.ACTIVE))

    def release(self, who, title, sequence):
        word = self.title(title)
        if word.state != TitleState.SURRENDERED or not self._carrier_may(who, word, sequence):
            return False
        if not self._goods_free(word):
            return False
        everything = {"ordered": word.quantity, "collected": word.quantity}
        return self._put(title, replace(word, state=TitleState.RELEASED, **everything))

    def order(self, who, title, sequence, nominee, quantity):
        word = self.title(title)
        if word.state not in {TitleState.SURRENDERED, TitleState.RELEASING}:
            return False
        if not self._carrier_may(who, word, sequence) or not self._goods_free(word):
            return False
        if not 0 < quantity <= word.quantity - word.ordered:
            return False
        self.orders[title, sequence + 1] = OrderWord(
            state=OrderState.OPEN, terminal=lc.TERMINAL_NO, nominee=nominee, authorised=quantity,
            valid_until=UNTIL, issuer=lc.CARRIER_NO, number=sequence + 1,
        )  # fmt: skip
        ordered = word.ordered + quantity
        return self._put(title, replace(word, state=TitleState.RELEASING, ordered=ordered))

    def revoke(self, who, title, number):
        order = self.orders.get((title, number))
        if order is None or order.state != OrderState.OPEN or who != "carrier":
            return False
        self.orders[title, number] = replace(order, state=OrderState.REVOKED)
        word = self.title(title)
        left = order.authorised - order.collected
        return self._put(title, replace(word, ordered=word.ordered - left))

    def collect(self, who, title, number, nominee, total):
        order, word = self.orders.get((title, number)), self.title(title)
        if order is None or order.state != OrderState.OPEN or not self._goods_free(word):
            return False
        if who != "terminal" or "terminal" in self.paused or nominee != order.nominee:
            return False
        if not order.collected < total <= order.authorised:
            return False
        done = total == order.authorised
        state = OrderState.COMPLETE if done else OrderState.OPEN
        self.orders[title, number] = replace(order, collected=total, state=state)
        collected = word.collected + total - order.collected
        ended = TitleState.RELEASED if collected == word.quantity else word.state
        return self._put(title, replace(word, collected=collected, state=ended))

    def hold(self, who, title, bit):
        word = self.title(title)
        if AUTHORITY[bit] != who or word.state not in LIVE or word.holds >> bit & 1:
            return False
        return self._put(title, replace(word, holds=word.holds | 1 << bit))

    def unhold(self, who, title, bit):
        word = self.title(title)
        if AUTHORITY[bit] != who or not word.holds >> bit & 1:
            return False
        return self._put(title, replace(word, holds=word.holds & ~(1 << bit)))

    def gate(self, who, title, satisfied):
        word, bit = self.title(title), 1 << lc.PAYMENT_GATE
        if who != "payment" or word.state not in LIVE:
            return False
        if bool(word.gates_satisfied & bit) == satisfied:
            return False
        return self._put(title, replace(word, gates_satisfied=word.gates_satisfied ^ bit))

    def nullify(self, who, serials):
        if who != "terminal" or "terminal" in self.paused or self.used & serials:
            return False
        self.used |= serials
        return True

    def anchor(self, who, size):
        if who != "admin" or size <= self.size:
            return False
        self.size = size
        return True

    def pause(self, who, office, stop):
        if who != "admin" or (office in self.paused) == stop:
            return False
        (self.paused.add if stop else self.paused.remove)(office)
        return True


def likely(*usual):
    """Mostly the one who may, sometimes anybody."""
    return st.one_of(*[st.sampled_from(usual)] * 5, st.sampled_from(sorted(SENDERS)))


titles = st.sampled_from(TITLES)
quantities = st.sampled_from([0, 1, 2, 3, 5, 2**39, 2**40 - 1])
parties = st.sampled_from(sorted(PARTY))
lags = st.sampled_from([0] * 12 + [1, -1])
steps = st.one_of(st.integers(0, 4), quantities)


class LedgerMachine(RuleBasedStateMachine):
    """Random calls by random parties, to the model and to the contract."""

    chain: lc.LedgerChain
    playground: lc.Playground
    calls = 0

    def __init__(self):
        super().__init__()
        self.playground.rewind()
        self.model = Model()
        self.before = {}

    def _both(self, accepted, who, data):
        type(self).calls += 1
        refusal = self._refusal(who, data)
        if accepted:
            assert refusal is None, f"the contract refused: {refusal}"
        else:
            assert refusal in REASONS, f"the contract did not refuse with a reason: {refusal}"

    def _refusal(self, who, data):
        try:
            _, event = self.playground.run(SENDERS[who], data)
        except lc.Refused as refusal:
            return refusal.args[0]
        return None if event else "no event"

    def _call(self, accepted, who, function, *arguments):
        self._both(accepted, who, instructions.call_data(function, *arguments))

    def _sequence(self, title, lag):
        return max(0, self.model.title(title).sequence + lag)

    def _holder(self, title, who):
        return PARTY.get(self.model.title(title).holder, "bank") if who == "holder" else who

    @rule(
        title=titles,
        who=likely("carrier"),
        quantity=quantities,
        holder=parties,
        gated=st.booleans(),
    )
    def issue(self, title, who, quantity, holder, gated):
        gates = 1 << lc.PAYMENT_GATE if gated else 0
        accepted = self.model.issue(who, title, quantity, holder, gates)
        self._call(accepted, who, "issue", title, lc.CARRIER_NO, quantity, holder, gates)

    @rule(title=titles, who=likely("holder"), taker=parties, lag=lags)
    def transfer(self, title, who, taker, lag):
        who, sequence = self._holder(title, who), self._sequence(title, lag)
        signature = self.chain.consent(title, taker, sequence=sequence)
        data = instructions.transfer(title, taker, lc.START + 10**9, signature)
        self._both(self.model.transfer(who, title, taker, sequence), who, data)

    @rule(title=titles, who=likely("holder"), lag=lags)
    def surrender(self, title, who, lag):
        who, sequence = self._holder(title, who), self._sequence(title, lag)
        self._call(self.model.surrender(who, title, sequence), who, "surrender", title, sequence)

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def reject(self, title, who, lag):
        sequence = self._sequence(title, lag)
        accepted = self.model.reject(who, title, sequence)
        self._call(accepted, who, "reject_surrender", title, sequence, WHY)

    @rule(title=titles, who=likely("carrier"), lag=lags)
    def release(self, title, who, lag):
        sequence = self._sequence(title, lag)
        self._call(self.model.release(who, title, sequence), who, "release", title, sequence, WHY)

    @rule(title=titles, who=likely("carrier"), lag=lags, nominee=parties, quantity=steps)
    def order(self, title, who, lag, nominee, quantity):
        sequence = self._sequence(title, lag)
        accepted = self.model.order(who, title, sequence, nominee, quantity)
        terms = (lc.TERMINAL_NO, nominee, quantity, UNTIL)
        self._call(accepted, who, "order", title, sequence, *terms)

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("carrier"))
    def revoke(self, data, who):
        title, number = data.draw(st.sampled_from(sorted(self.model.orders)))
        accepted = self.model.revoke(who, title, number)
        self._call(accepted, who, "revoke_order", title, number)

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
        nominee = 7 if other else order.nominee
        total = order.collected + more
        accepted = self.model.collect(who, title, number, nominee, total)
        self._both(accepted, who, instructions.collect(title, number, nominee, total, WHY))

    @rule(title=titles, bit=st.sampled_from(sorted(AUTHORITY)), who=likely("customs", "court"))
    def hold(self, title, bit, who):
        self._call(self.model.hold(who, title, bit), who, "hold", title, bit, WHY)

    @rule(title=titles, bit=st.sampled_from(sorted(AUTHORITY)), who=likely("customs", "court"))
    def unhold(self, title, bit, who):
        self._call(self.model.unhold(who, title, bit), who, "unhold", title, bit, WHY)

    @rule(title=titles, who=likely("payment"), satisfied=st.booleans())
    def gate(self, title, who, satisfied):
        function = "satisfy" if satisfied else "unsatisfy"
        accepted = self.model.gate(who, title, satisfied)
        self._call(accepted, who, function, title, lc.PAYMENT_GATE, WHY)

    @rule(who=likely("terminal"), serials=st.sets(st.integers(0, 255), min_size=1, max_size=3))
    def nullify(self, who, serials):
        accepted = self.model.nullify(who, serials)
        self._both(accepted, who, instructions.nullify(lc.TERMINAL_NO, serials))

    @rule(who=likely("admin"), more=st.sampled_from([1, 5, 0, -1]))
    def anchor(self, who, more):
        size = max(0, self.model.size + more)
        self._both(self.model.anchor(who, size), who, instructions.anchor(size, WHY, 1, b""))

    @rule(who=likely("admin"), office=st.sampled_from(["carrier", "terminal"]), stop=st.booleans())
    def pause(self, who, office, stop):
        carrier = instructions.ISSUERS + lc.CARRIER_NO
        number = carrier if office == "carrier" else instructions.TERMINALS + lc.TERMINAL_NO
        accepted = self.model.pause(who, office, stop)
        self._call(accepted, who, "pause" if stop else "unpause", number)

    @invariant()
    def contract_and_model_hold_the_same_words(self):
        for title in TITLES:
            word = TitleWord.unpack(self.playground.storage(0, title))
            assert word == self.model.title(title)
            self._check(title, word)
        for (title, number), order in self.model.orders.items():
            assert OrderWord.unpack(self.playground.storage(1, title, number)) == order

    @invariant()
    def contract_and_model_used_the_same_serials_and_anchored_the_same_size(self):
        used = self.playground.storage(2, lc.TERMINAL_NO, 0)
        assert used == sum(1 << serial for serial in self.model.used)
        assert self.playground.storage(5) % 2**64 == self.model.size

    def _check(self, title, word):
        """I2, I3, I5, I6 and I12 on the contract's own word."""
        before = self.before.get(title, TitleWord())
        orders = [order for (of, _), order in self.model.orders.items() if of == title]
        assert word.sequence - before.sequence in {0, 1}
        assert (word == before) == (word.sequence == before.sequence)
        if before.state == TitleState.RELEASED:
            assert word == before
        if word.state in LIVE:
            assert word.owner in PARTY
            assert word.holder in PARTY
        assert before.collected <= word.collected <= word.ordered <= word.quantity
        if orders:
            assert word.collected == sum(order.collected for order in orders)
        self.before[title] = word


def test_model_and_contract_agree_on_thousands_of_random_calls(chain):
    LedgerMachine.chain = chain
    LedgerMachine.playground = lc.Playground(chain)
    LedgerMachine.calls = 0
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


def test_the_machine_notices_a_model_that_allows_too_much(chain, monkeypatch):
    monkeypatch.setattr(Model, "hold", lambda *_: True)
    LedgerMachine.chain = chain
    LedgerMachine.playground = lc.Playground(chain)
    found = settings(max_examples=20, database=None, deadline=None, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="the contract refused"):
        run_state_machine_as_test(LedgerMachine, settings=found)
