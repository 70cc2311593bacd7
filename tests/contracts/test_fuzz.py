"""50,000 calls of any bytes by anybody, after each of which the ledger's invariants hold.

Source of the rule: LEDGER 4, as far as words show it; no model of the rules is asked. Arguments are
drawn at the edges of their types, taken from what was used before, or plain rubbish: data that is
cut, too long or dirty above its type, unknown selectors, value that comes along, too little gas.
`pytest -p randomly --randomly-seed=N` repeats a run; what failed says case and call.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import ledger_chain as lc
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from ledger_machine import FUNCTIONS, OFFICES, SENDERS, furnished
from title_model import LIVE

from ledger import artifacts
from ledger.chain import instructions
from ledger.chain.reasons import REASONS
from ledger.chain.words import Flag, OrderState, OrderWord, TitleState, TitleWord

CASES = 4
STEPS = 12_500
"""By each case: 50,000 together."""
EPISODE = 150
"""Calls before the ledger begins anew, so that titles do not all end."""
TITLES = [keccak(text=f"fuzzed {n}") for n in range(4)]
WHY = keccak(text="why")
TYPES = {
    entry["name"]: [instructions._type(each) for each in entry["inputs"]]
    for entry in artifacts.abi()
    if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
}
FREEZING = 0b1111_0000
HANDLES = [*lc.HANDLES, 0, 2**32 - 1, 7]
ADDRESSES = [each.address for each in SENDERS.values()] + [
    "0x" + "00" * 20,
    "0x" + "00" * 19 + "01",
]
BY_ADDRESS = {int(each.address, 16): each for each in SENDERS.values()}
SMALL = [0, 1, 2, 3, 4, 5, 7, 8]
OWNERS_WORDS = {TitleState.ACTIVE, TitleState.PENDING}
TAKES_GOODS = {TitleState.RELEASING, TitleState.RELEASED}


class Fuzzer:
    """Draws calls and keeps what the words were before each."""

    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311  # a test that repeats itself
        self.ledger = furnished()
        self.accepted, self.answers, self.calls = Counter(), Counter(), 0
        self.begin()

    def begin(self):
        """Two titles live at the beginning; what comes after is drawn."""
        self.ledger.rewind()
        self.ledger.now = lc.START + 10_000
        for title, holder in zip(TITLES[:2], lc.HANDLES, strict=False):
            call = instructions.call_data("issue", title, lc.CARRIER_NO, 100, holder, 0)
            self.ledger.run(lc.CARRIER, call)
        self.numbers = [1]
        self.words = self._words()
        self.orders = {}
        self.nullified = self.ledger.storage(2, lc.TERMINAL_NO, 0)
        self.head = self.ledger.storage(5)

    # Drawing.

    def sequence(self):
        """Of a title as it stands, mostly."""
        word = self.random.choice(list(self.words.values()))
        return (
            word.sequence if self.random.random() < 0.8 else self.random.choice([0, 1, 2**24 - 1])
        )

    def argument(self, kind):  # noqa: PLR0911  # one for each kind
        draw = self.random
        if kind.endswith("[]"):
            return [self.argument(kind[:-2]) for _ in range(draw.choice([0, 1, 1, 2, 3]))]
        if kind.startswith("("):
            return tuple(self.argument(each) for each in kind[1:-1].split(","))
        if kind == "bytes32":
            rubbish = [bytes(32), bytes(31) + b"\x01", b"\xff" * 32, draw.randbytes(32)]
            return draw.choice(TITLES[:2] * 8 + TITLES * 2 + rubbish)
        if kind == "bytes32[3]":
            return [draw.randbytes(32) for _ in range(3)]
        if kind == "address":
            return draw.choice(ADDRESSES)
        if kind == "bytes":
            return draw.randbytes(draw.choice([0, 3, 4, 35, 36, 100]))
        if kind == "bool":
            return draw.random() < 0.5
        bits = int(kind.removeprefix("uint"))
        edges = [0, 1, 2 ** (bits - 1), 2**bits - 1]
        likely = {
            8: SMALL, 16: [1, 1, 1, 2, *SMALL], 24: [self.sequence()] * 9,
            32: HANDLES * 2 + list(OFFICES) + [86_400], 40: [self.ledger.now + 500] * 6,
            64: [1, 3, 40, 100, 10**6], 256: [self.terms(), self.terms(), draw.getrandbits(256)],
        }[bits]  # fmt: skip
        return draw.choice([*likely, *likely, *edges]) & (2**bits - 1)

    def terms(self):
        """What collect and transfer have in one word."""
        number = self.random.choice(self.numbers)
        nominee = self.random.choice(HANDLES)
        return number | nominee << 24 | self.random.choice([0, 1, 5, 40, 2**40]) << 56

    def sender(self, function):
        """Mostly one that such calls are for."""
        usual = {
            "hold": ["customs", "court"], "unhold": ["customs", "court"], "collect": ["terminal"],
            "nullify": ["terminal"], "satisfy": ["payment"], "unsatisfy": ["payment"],
            "satisfy_many": ["payment"], "register": ["admin"], "appoint": ["admin"],
            "pause": ["admin"], "unpause": ["admin"], "anchor": ["admin"],
            "set_log_key": ["admin"], "propose_owner": ["admin"],
        }  # fmt: skip
        holders = ["shipper", "consignee", "bank"]
        likely = usual.get(function, [*holders, *holders, "carrier", "carrier", "carrier"])
        names = likely * 4 + list(SENDERS)
        return SENDERS[self.random.choice(names)]

    def order(self):
        """An order that can be placed, so that there is something to collect."""
        title = self.random.choice(TITLES[:2])
        word = self.words[title]
        amount = self.random.choice([1, 5, 40, word.quantity - word.ordered])
        until = self.ledger.now + 10**6
        terms = (word.sequence, lc.TERMINAL_NO, lc.BANK_ID, max(0, amount), until)
        return lc.CARRIER, instructions.call_data("order", title, *terms)

    def collect(self):
        title, number = self.random.choice(list(self.orders) or [(TITLES[0], 1)])
        placed = self.orders.get((title, number), OrderWord())
        total = placed.collected + self.random.choice([0, 1, placed.authorised])
        call = instructions.collect(title, number, placed.nominee, total, WHY)
        return lc.TERMINAL, call

    def hold(self):
        bit = self.random.choice([lc.CUSTOMS_BIT, lc.COURT_BIT])
        function = self.random.choice(["hold", "unhold", "unhold"])
        call = instructions.call_data(function, self.random.choice(TITLES[:2]), bit, WHY)
        return (lc.CUSTOMS if bit == lc.CUSTOMS_BIT else lc.COURT), call

    def act(self):
        """What a title's state allows, by whom it is for, at its sequence."""
        live = [title for title in TITLES if self.words[title].state in LIVE]
        if not live or self.random.random() < 0.05:
            terms = (lc.CARRIER_NO, 100, self.random.choice(list(lc.HANDLES)), 0)
            return lc.CARRIER, instructions.call_data("issue", self.random.choice(TITLES), *terms)
        title = self.random.choice(live)
        word = self.words[title]
        role, function, *arguments = self.random.choice(self._acts(title, word))
        pledgee = self.ledger.storage(10, title) & (2**32 - 1)
        handles = {"holder": word.holder, "taker": word.offer.taker, "pledgee": pledgee}
        key = self.ledger.storage(4, handles.get(role, 0)) & (2**160 - 1)
        sender = BY_ADDRESS.get(key, lc.CARRIER)
        return sender, instructions.call_data(function, title, word.sequence, *arguments)

    def _acts(self, title, word):
        handle = self.random.choice(list(lc.HANDLES))
        nothing = instructions.lineage(title, [], [])
        acts = {
            TitleState.ACTIVE: [
                ("holder", "surrender"),
                ("holder", "surrender"),
                ("holder", "propose", handle, self.ledger.now + 500, self.random.choice([1, 2, 3])),
                ("holder", "pledge", handle, 86_400),
                ("holder", "endorse_in_blank"),
                ("holder", "surrender_for_amendment", nothing),
                ("holder", "surrender_for_amendment", instructions.paper_lineage(WHY)),
            ],
            TitleState.PENDING: [("taker", "accept"), ("taker", "decline", WHY)],
            TitleState.SURRENDERED: [
                ("carrier", "accept_surrender"),
                ("carrier", "accept_surrender"),
                ("carrier", "reject_surrender", WHY),
                ("carrier", "release", WHY),
            ],
            TitleState.RELEASING: [("carrier", "close_with_tolerance", WHY)],
            TitleState.AMENDMENT: [
                ("carrier", "reject_amendment", WHY),
                ("carrier", "replace", [], []),
                ("carrier", "switch_to_paper", WHY),
            ],
        }.get(word.state, [("holder", "surrender")])
        if word.flags & Flag.PLEDGED:
            wanted = ("discharge", "give_notice", "withdraw_notice", "foreclose")
            acts += [("pledgee", function) for function in wanted]
        return acts

    def replayed(self, data):
        """A call in a batch that somebody signed, or nobody."""
        draw = self.random
        sequence = self.sequence()
        nonce = draw.choice([0, 1, 2, draw.getrandbits(64)])
        deadline = draw.choice([0, self.ledger.now + 10, 2**40 - 1])
        rows = [
            (
                data[:1000],
                sequence | nonce << 24 | deadline << 88,
                draw.randbytes(32),
                draw.getrandbits(256),
            )
        ]
        return instructions.call_data("relay", rows * draw.choice([1, 1, 2]))

    def draw(self):
        """Return sender and data of any call."""
        way = self.random.random()
        if way < 0.3:
            return self.random.choice([self.order, self.collect, self.hold, *[self.act] * 6])()
        function = self.random.choice(list(TYPES))
        if function == "relay":
            return lc.STRANGER, self.replayed(self.random.randbytes(68))
        arguments = [self.argument(kind) for kind in TYPES[function]]
        data = instructions.selector(function) + encode(TYPES[function], arguments)
        if way < 0.35:
            data = self.replayed(data)
        elif way < 0.47:
            data = self.rubbish(data)
        return self.sender(function), data

    def rubbish(self, data):
        """Data that no client would send."""
        draw = self.random
        at = draw.randrange(len(data))
        return draw.choice(
            [
                data[:at],
                data + draw.randbytes(draw.choice([1, 31, 32, 500])),
                data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :],
                data[:4] + b"\xff" * (len(data) - 4),
                draw.randbytes(4) + data[4:],
                draw.randbytes(draw.choice([0, 1, 3, 4, 35, 36, 68])),
            ]
        )

    # One call.

    def step(self):
        if self.calls % EPISODE == 0 and self.calls:
            self.begin()
        self.calls += 1
        if self.random.random() < 0.05:
            self.ledger.now += self.random.choice([1, 600, 86_400, 4 * 86_400])
        sender, data = self.draw()
        value = self.random.choice([0] * 30 + [1, 10**18, 2**255])
        gas = self.random.choice([2_000_000] * 30 + [5_000, 30_000, 100_000])
        before = self._kept()
        answer = self.ledger.call(sender, data, value=value, gas=gas)
        self._judge(sender, data, value, answer, before)

    def _judge(self, sender, data, value, answer, before):
        function = FUNCTIONS.get(data[:4], "none")
        self.answers[answer.reason] += 1
        if not answer.succeeded:
            assert self._kept() == before, "a refused call left something behind"
            assert answer.reason is None or answer.reason in REASONS, answer.reason
            return
        assert not value, "the ledger took money"
        if answer.logs:
            self.accepted[function] += 1
        else:
            assert self._kept() == before, "something changed and no event says so"
        words = self._words()
        changed = [title for title in TITLES if words[title] != self.words[title]]
        said = {
            e.arguments["title"]: e.arguments["word"]
            for e in answer.events()
            if "word" in e.arguments
        }
        assert set(said) >= set(changed), "every change of a word is logged"
        for title in changed:
            assert said[title] == words[title].pack(), "the log says the word that is kept"
            self._changed(function, sender, self.words[title], words[title])
        self._conserved(words)
        self._monotone()
        self.words = words

    def _kept(self):
        """All that the ledger keeps, without what a call only touched."""
        address = self.ledger.address
        return {k: v for k, v in self.ledger.accounts.values.items() if k[0] == address and v}

    def _words(self):
        return {title: TitleWord.unpack(self.ledger.storage(0, title)) for title in TITLES}

    # Invariants of LEDGER 4.

    def _changed(self, function, sender, before, word):
        # I12: each change counts up by one; a title begins at one (I1: it is absent only once).
        assert word.sequence == before.sequence + 1
        assert word.state != TitleState.ABSENT
        if before.state == TitleState.ABSENT:
            assert word.state == TitleState.ACTIVE
            return
        # I3: what has ended stays; a hold may be lifted from it.
        if before.state >= TitleState.RELEASED:
            lifted = replace(before, holds=before.holds & word.holds, sequence=word.sequence)
            assert word == lifted
        # What was issued is issued: by whom, how much, under which gates, child or not (I5).
        for field in ("quantity", "issuer", "flags_child"):
            assert _field(word, field) == _field(before, field), field
        assert word.gates_required & before.gates_required == before.gates_required
        self._moved(function, before, word)
        self._held(function, sender, before, word)

    def _moved(self, function, before, word):
        owners = (before.owner, before.holder) != (word.owner, word.holder)
        if owners:
            # I9: neither issuer nor admin moves a title; only these calls do, on a live one.
            assert function in MOVES | {"relay"}, function
            assert before.state in LIVE
            # A frozen title stays where it is, but for the authorities' own seizure.
            assert function == "seize" or not before.holds & FREEZING
        if before.flags & Flag.PLEDGED and owners:
            # I7: a pledged one moves to its pledgee only, or by the law.
            assert function in {"foreclose", "seize", "relay"}
        # I2: one owner and one holder while it lives.
        if word.state in LIVE:
            assert word.holder
            assert bool(word.flags & Flag.APART) == (word.owner != word.holder)

    def _held(self, function, sender, before, word):
        # I8: only the setter's own office lifts a hold, by one bit at a time.
        lifted = before.holds & ~word.holds
        if lifted:
            assert function in {"unhold", "relay"}
            keeper = self.ledger.storage(3, instructions.AUTHORITIES + lifted.bit_length() - 1)
            assert lifted & (lifted - 1) == 0
            assert function == "relay" or keeper & (2**160 - 1) == int(sender.address, 16)
        # I4: no goods leave under a hold, a foreclosure or a gate that is not satisfied.
        leaves = word.state in TAKES_GOODS and before.state in TAKES_GOODS | {
            TitleState.SURRENDERED
        }
        if leaves and word.collected > before.collected:
            assert not before.holds
            assert not before.flags & Flag.FORECLOSING
            assert not before.gates_required & ~before.gates_satisfied

    def _conserved(self, words):
        """I5 and I6: nothing is collected that was not ordered, or ordered that is not there."""
        for title, word in words.items():
            self._orders_of(title, word)
            if word.state not in {
                TitleState.SURRENDERED,
                TitleState.RELEASING,
                TitleState.RELEASED,
            }:
                continue
            assert word.collected <= word.ordered <= word.quantity
            placed = [order for (of, _), order in self.orders.items() if of == title]
            if placed:
                assert word.collected == sum(order.collected for order in placed)
                kept = sum(
                    o.collected if o.state == OrderState.REVOKED else o.authorised for o in placed
                )
                assert word.ordered == kept

    def _orders_of(self, title, word):
        known = {(title, word.sequence), *(each for each in self.orders if each[0] == title)}
        for at in known:
            order = OrderWord.unpack(self.ledger.storage(1, *at))
            before = self.orders.get(at, OrderWord())
            if order.state == OrderState.ABSENT:
                assert before.state == OrderState.ABSENT
                continue
            self.numbers.append(at[1])
            assert order.number == at[1]
            assert before.collected <= order.collected <= order.authorised
            if before.state != OrderState.ABSENT:
                assert (before.authorised, before.terminal) == (order.authorised, order.terminal)
                assert before.state in {OrderState.OPEN, order.state}
            self.orders[at] = order

    def _monotone(self):
        """I14 and single use: sizes and used serials only grow."""
        nullified, head = self.ledger.storage(2, lc.TERMINAL_NO, 0), self.ledger.storage(5)
        assert nullified & self.nullified == self.nullified
        assert head % 2**64 >= self.head % 2**64
        self.nullified, self.head = nullified, head


MOVES = {
    "transfer", "accept", "endorse_in_blank", "foreclose", "seize",
}  # fmt: skip


def _field(word, name):
    return word.flags & Flag.CHILD if name == "flags_child" else getattr(word, name)


@pytest.mark.parametrize("case", range(CASES))
def test_no_call_of_thousands_breaks_an_invariant(case, pytestconfig):
    seed = (pytestconfig.getoption("randomly_seed", 0) or 0) * 100 + case
    fuzzer = Fuzzer(seed)
    while fuzzer.calls < STEPS:
        try:
            fuzzer.step()
        except AssertionError as error:
            error.add_note(f"case {case}, call {fuzzer.calls}, seed {seed}")
            raise
    assert fuzzer.calls == STEPS
    done = sum(fuzzer.accepted.values())
    assert done > STEPS // 20, "too little happens"
    assert len(fuzzer.accepted) > 25, sorted(fuzzer.accepted)


@pytest.mark.parametrize("change", [{"holder": lc.BANK_ID, "sequence": 9}, {"quantity": 99}])
def test_a_word_that_changed_by_itself_is_noticed(change):
    fuzzer = Fuzzer(1)
    fuzzer.step()
    word = replace(fuzzer.words[TITLES[0]], **change)
    fuzzer.ledger.set_storage(word.pack(), 0, TITLES[0])
    with pytest.raises(AssertionError, match=r"every change of a word is logged|quantity"):
        for _ in range(EPISODE - 2):
            fuzzer.step()


@pytest.mark.parametrize(
    ("function", "before", "after"),
    [
        ("hold", {"holder": lc.SHIPPER_ID}, {"holder": lc.BANK_ID}),
        ("transfer", {"holds": 1 << lc.COURT_BIT}, {"holder": lc.BANK_ID, "owner": lc.BANK_ID}),
        ("transfer", {"flags": Flag.PLEDGED}, {"holder": lc.BANK_ID, "owner": lc.BANK_ID}),
        ("surrender", {"sequence": 5}, {"sequence": 8}),
        ("order", {"state": TitleState.VOID}, {"state": TitleState.ACTIVE}),
        ("collect", {"state": TitleState.RELEASING, "holds": 1}, {"collected": 5}),
        ("unhold", {"holds": 1}, {"holds": 0}),
        ("unhold", {"holds": 3}, {"holds": 0}),
        ("issue", {"quantity": 5}, {"quantity": 6}),
    ],
)
def test_a_change_that_breaks_an_invariant_is_noticed(function, before, after):
    fuzzer = Fuzzer(1)
    roles = {"owner": lc.SHIPPER_ID, "holder": lc.SHIPPER_ID, "state": TitleState.ACTIVE}
    word = replace(TitleWord(**roles, quantity=5, sequence=1), **before)
    changed = replace(word, **{"sequence": word.sequence + 1, **after})
    with pytest.raises(AssertionError):
        fuzzer._changed(function, lc.STRANGER, word, changed)
