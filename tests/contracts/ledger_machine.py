"""Random acts by random parties, answered by the model of the rules and by the contract itself.

Both must give the same verdict, the same reason for a refusal and the same words after every
step. An act is sent by its party, or signed and kept until a relayer brings several at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import ledger_chain as lc
from eth_utils.crypto import keccak
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from projected_titles import ProjectedTitles
from quick_ledger import CHAIN_ID, QuickLedger, quick_ledger
from title_model import EVERY_TITLE, LIVE, Refusal, TitleModel

from ledger import artifacts
from ledger.chain import instructions, typed_data
from ledger.chain.instructions import AUTHORITIES, GUARDIANS, REGISTRAR
from ledger.chain.words import BEARER, Flag, OrderWord, PledgeWord, Roles, TitleState, TitleWord

if TYPE_CHECKING:
    from collections.abc import Callable

TITLES = [keccak(text=f"model {n}") for n in range(7)]
WHY = keccak(text="why")
UNTIL = lc.START + 10**9
GUARDS = {f"guardian {seat}": guardian for seat, guardian in enumerate(lc.GUARDIANS)}
SENDERS = {
    "carrier": lc.CARRIER, "rival": lc.RIVAL_CARRIER, "terminal": lc.TERMINAL,
    "customs": lc.CUSTOMS, "court": lc.COURT, "payment": lc.PAYMENT, "admin": lc.ADMIN,
    "shipper": lc.SHIPPER, "consignee": lc.CONSIGNEE, "bank": lc.BANK,
    "fresh": lc.key("fresh"), "other": lc.key("other"),
    **GUARDS,
}  # fmt: skip
NAMES = {key: name for name, key in SENDERS.items()}
RELAYER = lc.STRANGER
PARTY = {lc.SHIPPER_ID: "shipper", lc.CONSIGNEE_ID: "consignee", lc.BANK_ID: "bank"}
NEWCOMER = 0x55667788
GOODS = {TitleState.SURRENDERED, TitleState.RELEASING, TitleState.RELEASED}
REPLACED = {TitleState.AMENDMENT, TitleState.VOID, TitleState.PAPER, TitleState.MIGRATED}
"""A lineage is kept in these, and in no other state."""
AUTHORITY = {lc.CUSTOMS_BIT: "customs", lc.COURT_BIT: "court"}
OFFICES = {**{office: NAMES[keeper] for office, keeper in lc.OFFICES.items()}, REGISTRAR: "admin"}
OFFICES |= {GUARDIANS + seat: name for seat, name in enumerate(GUARDS)}
VACANT = lc.instructions.ISSUERS + 9
OWNERS_OWN = {
    instructions.selector(name)
    for name in (
        "appoint", "pause", "unpause", "set_log_key", "propose_owner", "accept_ownership", "anchor",
        "pause_many", "name_successor",
    )
}  # fmt: skip
"""Calls that look at the sender itself, so that nobody can sign them for a relayer."""
SEIZE = instructions.selector("seize")
FUNCTIONS = {
    instructions.selector(entry["name"]): entry["name"]
    for entry in artifacts.abi()
    if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
}


def likely(*usual):
    """Mostly the one who may, sometimes anybody."""
    return st.sampled_from(usual * (40 // len(usual)) + tuple(sorted(SENDERS)))


def when(*states):
    """Mostly when there is a title in such a state, sometimes anyhow."""
    return precondition(lambda self: self._now_and_then() or self._has(*states))


def given(attribute):
    """Mostly when the model has such a thing, sometimes anyhow."""
    return precondition(lambda self: self._now_and_then() or getattr(self.model, attribute))


IMPOSTORS = st.sampled_from([""] * 8 + ["other"])
TIMES = st.sampled_from([3, 6, 10])
STOPPABLE = [office for office in sorted(lc.OFFICES) if office < instructions.AUTHORITIES]
DAYS = st.sampled_from([1, 1, 2, 366, 0, 367])
PLEDGEES = st.sampled_from(
    ["discharge", "assign_pledge", "give_notice", "withdraw_notice", "foreclose", "foreclose"]
)
KINDS = st.sampled_from(
    ["split", "split", "merge", "merge", "reissue", "void", "paper", "paper", "delivery"]
)
titles = st.sampled_from(TITLES[:3] * 6 + TITLES[3:])
quantities = st.sampled_from([0, 1, 2, 3, 5, 2**39, 2**40 - 1, 2**40, 2**64 - 1])
parties = st.sampled_from(sorted(PARTY))
takers = st.sampled_from(sorted(PARTY) * 4 + [NEWCOMER])
lags = st.sampled_from([0] * 16 + [1, -1])
amounts = st.one_of(st.integers(0, 4), quantities)
keys = st.sampled_from(["fresh", "other", "shipper", "consignee", "bank"])
signers = st.sampled_from(["itself"] * 9 + ["other"])
bits = st.sampled_from([*sorted(AUTHORITY) * 6, 8])
offices = st.sampled_from(sorted(lc.OFFICES))


NEXT = {
    TitleState.ACTIVE: (
        ("transfer", "holder", parties, 0, "itself", 500),
        ("propose", "holder", 0, parties, 90_000, 3),
        ("propose", "holder", 0, parties, 100, st.sampled_from([1, 2])),
        ("surrender", "holder", 0),
        ("surrender", "holder", 0),
        ("surrender", "holder", 0),
        ("endorse_in_blank", "holder", 0),
        ("pledge", "holder", 0, parties, 1),
        ("pledge", "holder", 0, parties, 1),
        ("_ask_for", st.sampled_from(TITLES), "holder", KINDS, 0, TITLES),
        ("_ask_for", st.sampled_from(TITLES), "holder", KINDS, 0, TITLES),
        ("surrender_alike", TITLES),
    ),
    TitleState.PENDING: (
        ("answer", "taker", 0, st.booleans()),
        ("answer", "taker", 0, st.booleans()),
        ("reclaim_later",),
    ),
    TitleState.SURRENDERED: (
        ("answer_surrender", "carrier", 0, st.booleans()),
        ("release", "carrier", 0),
        ("order", "carrier", 0, parties, st.integers(1, 9), 10**8),
        ("order", "carrier", 0, parties, st.integers(1, 9), 10**8),
        ("collect_nearly_all", st.integers(0, 2)),
    ),
    TitleState.RELEASING: (
        ("order", "carrier", 0, parties, st.integers(1, 9), 10**8),
        *[("give_all", st.data())] * 3,
        ("close", "carrier", 0),
        ("close", "carrier", 0),
        ("collect_nearly_all", st.integers(0, 2)),
        ("collect_nearly_all", st.integers(0, 2)),
    ),
    TitleState.AMENDMENT: (
        ("amend_title", True),
        ("amend_title", True),
        ("reject_amendment", "carrier", 0),
    ),
    TitleState.PAPER: (("switch_back_to", st.sampled_from(TITLES), parties),),
}
"""By state, rules that are likely to be accepted and their arguments after the title."""


@dataclass(frozen=True)
class Signature:
    """An act that was signed, to be relayed."""

    act: Callable[[TitleModel, str], None]
    who: str
    title: bytes | None
    signed: instructions.Signed


@lru_cache(maxsize=20_000)
def _signature(kind: str, signer: str, *terms: Any) -> bytes:
    names = {
        "transfer_consent": ("title", "sequence", "taker", "deadline"),
        "pledgee_consent": ("title", "sequence", "lineage", "deadline"),
        "possession": ("handle", "key"),
        "instruction": ("call", "sequence", "nonce", "deadline"),
    }[kind]
    make = getattr(typed_data, kind)
    fields = dict(zip(names, terms, strict=True))
    typed = make(CHAIN_ID, quick_ledger().contract, **fields)
    return typed_data.sign(SENDERS[signer].secret, typed)


@cache
def furnished() -> QuickLedger:
    """Return the ledger that machines begin with."""
    return quick_ledger()


class LedgerMachine(RuleBasedStateMachine):
    """Random acts by random parties, to the model and to the contract."""

    accepted: ClassVar[Counter[str]] = Counter()
    """Accepted calls by function, so that a machine in which nothing happens is noticed."""
    refused: ClassVar[Counter[str]] = Counter()
    reasons: ClassVar[Counter[str]] = Counter()
    steps: ClassVar[int] = 0
    """Acts that both have answered."""

    def __init__(self):
        super().__init__()
        self.ledger = furnished()
        self.ledger.rewind()
        self.model = TitleModel(
            dict(OFFICES),
            dict(PARTY),
            owner="admin",
            now=lc.START + 10_000,
            voices=set(AUTHORITY),
            lineage=instructions.successor_lineage(self.ledger.contract),
        )
        self.ledger.now = self.model.now
        self.before, self.nonce, self.turn, self.way = {}, 0, 0, "direct"
        self.kept: list[Signature] = []
        self.nonces: set[tuple[str, int]] = set()
        self.wishes, self.impostor = {}, ""
        self.projected = ProjectedTitles()

    def teardown(self):
        self.projected.close()

    @classmethod
    def forget(cls):
        """Count from zero."""
        cls.accepted, cls.refused, cls.reasons, cls.steps = Counter(), Counter(), Counter(), 0

    # What both answer.

    def _both(self, act, who, data, *, title=None):
        """Let the model and the contract answer, now or when a relayer brings it."""
        who, self.impostor = self.impostor or who, ""
        if self.way == "relayed":
            self._keep(act, who, data, title)
            return
        expected = self._answer(act, who)
        answer = self.ledger.call(SENDERS[who], data)
        self._compare(data, expected, None if answer.succeeded else answer.reason)
        if answer.succeeded:
            self._logged(answer.events())
        self._same()

    def _same(self):
        """Contract, model and the platform's rows stand alike."""
        self._same_words()
        self._same_rows()
        self._same_keys_and_sizes()
        self._same_agents_and_recoveries()

    def _answer(self, act, who):
        try:
            act(self.model, who)
        except Refusal as refusal:
            return refusal.args[0]
        return None

    def _compare(self, data, expected, found):
        type(self).steps += 1
        self.turn += 1
        function = FUNCTIONS[data[:4]]
        assert found == expected, f"{function}: the model says {expected}, the contract {found}"
        (self.accepted if found is None else self.refused)[function] += 1
        self.reasons[found] += 1

    def _logged(self, events):
        """Every act logs something, and no log says another word than the contract keeps."""
        assert events
        self.projected.tell(events, self.ledger.now)
        said = {e.arguments["title"]: e.arguments["word"] for e in events if "word" in e.arguments}
        for title, word in said.items():
            assert word == self.ledger.storage(0, title)

    def _keep(self, act, who, data, title):
        by_nonce = title is None or len(self.kept) % 3 == 0
        self.nonce += 1
        # Every seventh nonce was used before.
        nonce = max(1, self.nonce - self.nonce % 7 // 6) if by_nonce else 0
        sequence = 0 if by_nonce else self.model.word(title).sequence
        deadline = self.model.now + (-1 if self.nonce % 11 == 0 else 500)
        signature = _signature("instruction", who, data, sequence, nonce, deadline)
        if self.nonce % 13 == 0:
            signature = bytes(64) + b"\x1b"
        signed = instructions.Signed(data, deadline, signature, sequence, nonce)
        self.kept.append(Signature(act, who, title, signed))
        if len(self.kept) == 4:
            self.relay()

    @precondition(lambda self: self.kept)
    @rule()
    def relay(self):
        """Bring what was signed and kept, in one batch: each is answered by itself."""
        batch, self.kept = self.kept, []
        expected = [self._relayed(each) for each in batch]
        call = instructions.relay(each.signed for each in batch)
        answer = self.ledger.call(RELAYER, call)
        assert answer.succeeded, answer.reason
        *events, relayed = answer.events()
        refusals = [e.arguments for e in events if e.name == "InstructionRefused"]
        found = {each["index"]: each["reason"] for each in refusals}
        done = sum(1 << index for index in range(len(batch)) if index not in found)
        assert relayed.arguments["outcomes"] == done
        for index, (each, reason) in enumerate(zip(batch, expected, strict=True)):
            self._compare(each.signed.call, reason, found.get(index))
        self.accepted["relay"] += 1
        if done:
            self._logged(answer.events())
        self._same()

    def _relayed(self, each):
        """What the model says to an act that is brought by a relayer."""
        signed = each.signed
        if not any(signed.signature[:64]):
            return "BadSignature"
        if self.model.now > signed.deadline:
            return "InstructionExpired"
        if signed.nonce:
            if (each.who, signed.nonce) in self.nonces:
                return "NonceUsed"
            self.nonces.add((each.who, signed.nonce))
        elif signed.call[:4] == SEIZE:
            return "NonceNeeded"
        elif self.model.word(each.title).sequence != signed.sequence:
            return "StaleSequence"
        return self._answer(each.act, "itself" if signed.call[:4] in OWNERS_OWN else each.who)

    @precondition(lambda self: self._now_and_then())
    @rule(nested=st.booleans())
    def relay_badly(self, nested):
        """A batch with too little gas is refused whole; one in another is refused by itself."""
        inner = instructions.Signed(b"", UNTIL, bytes(64) + b"\x1b", 0, 1)
        call = instructions.relay([inner])
        if nested:
            self.way = "relayed"
            self._both(lambda *_: self._refuse("NestedRelay"), "bank", call)
            self.way = "direct"
            return
        answer = self.ledger.call(RELAYER, call, gas=200_000)
        self._compare(call, "BatchGas", answer.reason)

    @staticmethod
    def _refuse(reason):
        raise Refusal(reason)

    def _call(self, function, who, *arguments, title=None, act=None):
        """An act whose model takes just the arguments of the call."""
        data = instructions.call_data(function, *arguments)
        act = act or (lambda model, who: getattr(model, function)(who, *arguments))
        if title is None and arguments and arguments[0] in TITLES:
            title = arguments[0]
        self._both(act, who, data, title=title)

    # Whom and what the rules choose.

    def _sequence(self, title, lag):
        return max(0, self.model.word(title).sequence + lag)

    def _one(self, title, *states):
        """The title, or one in such a state if it is in none: most acts are to have a chance."""
        if self.model.word(title).state in states:
            return title
        return next((each for each in TITLES if self.model.word(each).state in states), title)

    def _has(self, *states):
        return any(word.state in states for word in self.model.titles.values())

    def _now_and_then(self):
        return self.turn % 8 == 0

    def _key(self, handle):
        return self.model.parties.get(handle, "bank")

    def _holder(self, title, who):
        return self._key(self.model.word(title).holder) if who == "holder" else who

    def _keeper(self, office, who):
        return self.model.offices.get(office, "admin") if who == "keeper" else who

    @initialize(holders=st.lists(parties, min_size=3, max_size=3), gated=st.booleans())
    def begin(self, holders, gated):
        """Most acts need a title: begin with three, of which acts in a row can be made."""
        for title, holder, quantity in zip(TITLES, holders, (5, 40, 40), strict=False):
            terms = (title, lc.CARRIER_NO, quantity, holder, gated << lc.PAYMENT_GATE)
            self._call("issue", "carrier", *terms)

    @rule(way=st.sampled_from(["direct"] * 4 + ["relayed"]))
    def send_by(self, way):
        self.way = way

    @rule(seconds=st.sampled_from([1, 50, 100, 86_400, 4 * 86_400]))
    def wait(self, seconds):
        self._later(seconds)

    def _later(self, seconds):
        self.model.now += seconds
        self.ledger.now = self.model.now

    def _go_on(self, possible, data, times):
        """Acts in a row that are possible, by those who may: chance alone is too slow."""
        for _ in range(times):
            function, *arguments = data.draw(st.sampled_from(possible()))
            self.impostor = data.draw(IMPOSTORS)
            getattr(self, function)(*(self._drawn(data, each) for each in arguments))

    @staticmethod
    def _drawn(data, argument):
        return data.draw(argument) if isinstance(argument, st.SearchStrategy) else argument

    @rule(data=st.data(), times=TIMES)
    def first_title_goes_on(self, data, times):
        self._go_on(lambda: self._possible(TITLES[0]), data, times)

    @rule(data=st.data(), times=TIMES)
    def second_title_goes_on(self, data, times):
        self._go_on(lambda: self._possible(TITLES[1]), data, times)

    @rule(data=st.data(), times=TIMES, title=st.sampled_from(TITLES[2:]))
    def another_title_goes_on(self, data, times, title):
        self._go_on(lambda: self._possible(title), data, times)

    @rule(data=st.data(), times=st.integers(1, 4))
    def parties_and_offices_go_on(self, data, times):
        self._go_on(self._possible_otherwise, data, times)

    def _possible(self, title):
        """What is likely to be accepted now, as a method's name and its arguments."""
        ended = self.model.word(title).state >= TitleState.RELEASED
        title = self._one(title, *LIVE) if ended else title
        word = self.model.word(title)
        found = [(name, title, *arguments) for name, *arguments in NEXT.get(word.state, ())]
        if word.flags & Flag.PLEDGED and word.state in LIVE:
            found += [("use_pledge", title, "pledgee", 0, PLEDGEES, parties)] * 3
            found += [("_ask_for", title, title, "holder", "delivery", 0, TITLES)] * 2
        if word.flags & Flag.FORECLOSING and word.state in LIVE:
            found += [("foreclose_after_notice", title)] * 3
        if word.state in LIVE:
            found += [("hold", title, st.sampled_from(sorted(AUTHORITY)), "keeper", False)]
            found += [("_lift", title, bit) for bit in AUTHORITY if word.holds >> bit & 1] * 3
        if word.gates_required & ~word.gates_satisfied and word.state in LIVE:
            found += [("gate", title, "payment", True, lc.PAYMENT_GATE)] * 3
        return found or [("issue", title, "carrier", 40, parties, False)]

    def _possible_otherwise(self):
        found = [
            ("delegate", parties, "party", parties, EVERY_TITLE, 15, 100, 90_000),
            ("pause", "owner", st.sampled_from(STOPPABLE), True),
            ("name_a_key", "owner", st.sampled_from(["admin", "fresh"]), False),
            ("name_a_key", "owner", st.sampled_from(["admin", "fresh"]), True),
            ("recover", parties, st.sampled_from(["fresh", "other"])),
            ("appoint", "owner", VACANT, "carrier"),
            ("satisfy_many", TITLES, "payment", lc.PAYMENT_GATE),
        ]
        if self.model.paused:
            found += [("pause", "owner", min(self.model.paused), False)] * 3
        if self.model.proposed_owner:
            found += [("accept_ownership", "proposed")] * 2
        if self.model.delegations:
            found += [("revoke_delegation", st.data(), lc.BANK_ID, "party", True)]
        if self.model.recoveries:
            found += [("end_recovery", st.data(), lc.BANK_ID, "party", False)]
            found += [("complete_recovery_later", st.data())] * 2
        return found

    # A title's plain life.

    @rule(
        title=titles, who=likely("carrier"), quantity=quantities, holder=takers, gated=st.booleans()
    )
    def issue(self, title, who, quantity, holder, gated):
        gates = 1 << lc.PAYMENT_GATE if gated else 0
        self._call("issue", who, title, lc.CARRIER_NO, quantity, holder, gates)

    @when(TitleState.ACTIVE)
    @rule(
        title=titles, who=likely("holder"), taker=takers, lag=lags, signer=signers,
        left=st.sampled_from([500] * 8 + [-1]),
    )  # fmt: skip
    def transfer(self, title, who, taker, lag, signer, left):  # noqa: PLR0917  # drawn by name
        title = self._one(title, TitleState.ACTIVE)
        who, sequence = self._holder(title, who), self._sequence(title, lag)
        signer = self._key(taker) if signer == "itself" else signer
        until = self.model.now // 1000 * 1000 + 1000 if left > 0 else self.model.now - 1
        signature = _signature("transfer_consent", signer, title, sequence, taker, until)
        data = instructions.transfer(title, taker, until, signature)
        terms = (title, taker, sequence, until, signer)
        self._both(lambda model, who: model.transfer(who, *terms), who, data, title=title)

    @when(TitleState.ACTIVE)
    @rule(
        title=titles, who=likely("holder"), lag=lags, taker=takers,
        seconds=st.sampled_from([100, 90_000] * 5 + [0, 31 * 86_400]),
        roles=st.sampled_from([3] * 8 + [1, 2, 0, 4]),
    )  # fmt: skip
    def propose(self, title, who, lag, taker, seconds, roles):  # noqa: PLR0917  # drawn by name
        title = self._one(title, TitleState.ACTIVE)
        word = self.model.word(title)
        if who == "holder" and roles == Roles.OWNER:
            who = self._key(word.owner)
        who = self._holder(title, who)
        terms = (title, self._sequence(title, lag), taker, self.model.now + seconds, roles)
        self._call("propose", who, *terms)

    @when(TitleState.PENDING)
    @rule(title=titles, who=likely("taker"), lag=lags, taking=st.booleans())
    def answer(self, title, who, lag, taking):
        title = self._one(title, TitleState.PENDING)
        who = self._key(self.model.word(title).offer.taker) if who == "taker" else who
        act = (title, self._sequence(title, lag))
        if taking:
            self._call("accept", who, *act)
        else:
            self._call("decline", who, *act, WHY, act=lambda model, who: model.decline(who, *act))

    @when(TitleState.PENDING)
    @rule(title=titles, who=st.sampled_from(sorted(SENDERS)))
    def reclaim(self, title, who):
        title = self._one(title, TitleState.PENDING)
        self._call("reclaim", who, title, act=lambda model, _: model.reclaim(title))

    def reclaim_later(self, title):
        self._later(90_001)
        self.reclaim(title, "bank")

    @when(TitleState.ACTIVE)
    @rule(title=titles, who=likely("holder"), lag=lags)
    def surrender(self, title, who, lag):
        title = self._one(title, TitleState.ACTIVE)
        self._call("surrender", self._holder(title, who), title, self._sequence(title, lag))

    @when(TitleState.SURRENDERED)
    @rule(title=titles, who=likely("carrier"), lag=lags, accepted=st.booleans())
    def answer_surrender(self, title, who, lag, accepted):
        title = self._one(title, TitleState.SURRENDERED)
        act = (title, self._sequence(title, lag))
        if accepted:
            self._call("accept_surrender", who, *act)
        else:
            self._with_reason("reject_surrender", who, act)

    def _with_reason(self, function, who, act):
        """An act whose last argument is a reason or evidence, of which the model knows nothing."""
        self._call(
            function, who, *act, WHY, act=lambda model, who: getattr(model, function)(who, *act)
        )

    @when(TitleState.SURRENDERED)
    @rule(title=titles, who=likely("carrier"), lag=lags)
    def release(self, title, who, lag):
        title = self._one(title, TitleState.SURRENDERED)
        self._with_reason("release", who, (title, self._sequence(title, lag)))

    # Release orders.

    @when(TitleState.SURRENDERED, TitleState.RELEASING)
    @rule(
        title=titles, who=likely("carrier"), lag=lags, nominee=parties, quantity=amounts,
        seconds=st.sampled_from([10**8] * 8 + [100, -1]),
    )  # fmt: skip
    def order(self, title, who, lag, nominee, quantity, seconds):  # noqa: PLR0917  # drawn by name
        title = self._one(title, TitleState.SURRENDERED, TitleState.RELEASING)
        until = self.model.now + seconds
        terms = (title, self._sequence(title, lag), lc.TERMINAL_NO, nominee, quantity, until)
        self._call("order", who, *terms)

    def _placed(self, data):
        """An order, an open one if there is any."""
        placed = self.model.orders
        open_ones = sorted(at for at, order in placed.items() if order.state == 1)
        return data.draw(st.sampled_from(open_ones * 5 + sorted(placed)))

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("carrier"))
    def revoke(self, data, who):
        self._call("revoke_order", who, *self._placed(data))

    @precondition(lambda self: self.model.orders)
    @rule(
        data=st.data(), who=likely("terminal"), more=amounts,
        other=st.sampled_from([False] * 9 + [True]),
    )  # fmt: skip
    def collect(self, data, who, more, other):
        title, number = self._placed(data)
        order = self.model.orders[title, number]
        act = (title, number, 7 if other else order.nominee, order.collected + more)
        call = instructions.collect(*act, WHY)
        self._both(lambda model, who: model.collect(who, *act), who, call, title=title)

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("terminal"))
    def collect_all(self, data, who):
        title, number = self._placed(data)
        order = self.model.orders[title, number]
        act = (title, number, order.nominee, order.authorised)
        call = instructions.collect(*act, WHY)
        self._both(lambda model, who: model.collect(who, *act), who, call, title=title)

    def give_all(self, title, data):
        """Renominate, revoke or collect the latest order of a title."""
        number = max((n for of, n in self.model.orders if of == title), default=0)
        order = self.model.orders.get((title, number), OrderWord())
        function = data.draw(st.sampled_from(["renominate", "revoke_order", "collect", "collect"]))
        if function == "collect":
            act = (title, number, order.nominee, order.authorised)
            call = instructions.collect(*act, WHY)
            self._both(lambda model, who: model.collect(who, *act), "terminal", call, title=title)
        else:
            self._call(
                function,
                "carrier",
                title,
                number,
                *((lc.BANK_ID,) if function == "renominate" else ()),
            )

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=likely("carrier"), nominee=parties)
    def renominate(self, data, who, nominee):
        self._call("renominate", who, *self._placed(data), nominee)

    @when(TitleState.RELEASING)
    @rule(title=titles, who=likely("carrier"), lag=lags)
    def close(self, title, who, lag):
        title = self._one(title, TitleState.RELEASING)
        self._with_reason("close_with_tolerance", who, (title, self._sequence(title, lag)))

    @when(TitleState.SURRENDERED, TitleState.RELEASING)
    @rule(title=titles, missing=st.sampled_from([1, 2, 3]))
    def collect_nearly_all(self, title, missing):
        """Acts in a row that end in a title of which a little is missing."""
        title = self._one(title, TitleState.SURRENDERED, TitleState.RELEASING)
        word = self.model.word(title)
        left = max(0, word.quantity - word.ordered - missing)
        terms = (title, word.sequence, lc.TERMINAL_NO, lc.BANK_ID, left, UNTIL)
        self._call("order", "carrier", *terms)
        act = (title, word.sequence + 1, lc.BANK_ID, left)
        call = instructions.collect(*act, WHY)
        self._both(lambda model, who: model.collect(who, *act), "terminal", call, title=title)

    # Endorsement and pledge.

    @when(TitleState.ACTIVE)
    @rule(title=titles, who=likely("holder"), lag=lags)
    def endorse_in_blank(self, title, who, lag):
        title = self._one(title, TitleState.ACTIVE)
        who, act = self._holder(title, who), (title, self._sequence(title, lag))
        self._call("endorse_in_blank", who, *act)

    @when(TitleState.ACTIVE)
    @rule(title=titles, who=likely("holder"), lag=lags, pledgee=takers, days=DAYS)
    def pledge(self, title, who, lag, pledgee, days):
        title = self._one(title, TitleState.ACTIVE)
        who = self._holder(title, who)
        self._call("pledge", who, title, self._sequence(title, lag), pledgee, days * 86_400)

    @given("pledges")
    @rule(title=titles, who=likely("pledgee"), lag=lags, function=PLEDGEES, to=takers)
    def use_pledge(self, title, who, lag, function, to):
        title = title if title in self.model.pledges else min(self.model.pledges, default=title)
        pledgee = self.model.pledges.get(title, PledgeWord()).pledgee
        who = self._key(pledgee) if who == "pledgee" else who
        act = (title, self._sequence(title, lag))
        self._call(function, who, *act, *((to,) if function == "assign_pledge" else ()))

    def foreclose_after_notice(self, title):
        pledge = self.model.pledges[title]
        self._later(max(0, pledge.ends_at - self.model.now) + 1)
        self.use_pledge(title, "pledgee", 0, "foreclose", pledge.pledgee)

    # Amendment and paper.

    @when(TitleState.ACTIVE)
    @rule(title=titles, other=titles, who=likely("holder"), kind=KINDS, off=lags, data=st.data())
    def ask_for_amendment(self, title, other, who, kind, off, data):  # noqa: PLR0917  # drawn by name
        """Surrender a title, and for a merger another too, for what is to take its place."""
        title = self._one(title, TitleState.ACTIVE)
        self._ask_for(title, other, who, kind, off, data.draw(st.permutations(TITLES)))

    def _ask_for(self, title, other, who, kind, off, places):  # noqa: PLR0917  # as a rule's
        quantity = max(0, self.model.word(title).quantity + off)
        absent = [each for each in places if self.model.word(each).state == TitleState.ABSENT]
        first, second = (absent + list(places))[:2]
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
            self._ask(each, self._holder(each, who), wish, off)

    def surrender_alike(self, title, places):
        """Ask for a merger with a title that is alike, if there is one."""
        like = self.model._likeness(title, self.model.word(title))
        others = [
            each
            for each in TITLES
            if each != title
            and self.model.word(each).state == TitleState.ACTIVE
            and self.model._likeness(each, self.model.word(each)) == like
        ]
        self._ask_for(title, others[0] if others else title, "holder", "merge", 0, places)

    def _wish(self, title):
        kind, others, children = self.wishes.get(title, ("void", [], []))
        if kind == "paper":
            return instructions.paper_lineage(WHY)
        return bytes(32) if kind == "delivery" else instructions.lineage(title, others, children)

    def _ask(self, title, who, wish, off):
        act = (title, self.model.word(title).sequence, wish)
        pledge = self.model.pledges.get(title)
        if pledge is None and off != 1:
            self._call("surrender_for_amendment", who, *act)
            return
        signer = self._key(pledge.pledgee) if pledge and not off else "other"
        until = self.model.now // 1000 * 1000 + (1000 if off != -1 else -1)
        signature = _signature("pledgee_consent", signer, *act, until)
        call = instructions.surrender_pledged(*act, until, signature)
        self._both(
            lambda model, who: model.surrender_pledged(who, *act, until, signer),
            who,
            call,
            title=title,
        )

    @precondition(lambda self: self.wishes)
    @when(TitleState.AMENDMENT)
    @rule(
        data=st.data(), who=likely("carrier"), lag=lags, told=st.sampled_from([True] * 5 + [False])
    )
    def amend(self, data, who, lag, told):
        """Do what the holder asked for, or something else."""
        title = data.draw(st.sampled_from(sorted(self.wishes)))
        amended = [t for t in self.wishes if self.model.word(t).state == TitleState.AMENDMENT]
        self.amend_title(amended[0] if amended and title not in amended else title, told, who, lag)

    def amend_title(self, title, told, who="carrier", lag=0):
        kind, others, children = self.wishes.get(title, ("void", [], []))
        act = (title, self._sequence(title, lag))
        if kind == "paper":
            self._call("switch_to_paper", who, *act, WHY if told else bytes(32))
        else:
            self._call("replace", who, *act, others, children if told else [])

    @when(TitleState.AMENDMENT)
    @rule(title=titles, who=likely("carrier"), lag=lags)
    def reject_amendment(self, title, who, lag):
        title = self._one(title, TitleState.AMENDMENT)
        self._with_reason("reject_amendment", who, (title, self._sequence(title, lag)))

    @when(TitleState.PAPER)
    @rule(title=titles, paper=titles, who=likely("carrier"), holder=takers)
    def switch_back(self, title, paper, who, holder):
        paper = self._one(paper, TitleState.PAPER)
        title = self._one(title, TitleState.ABSENT)
        self._call("switch_back", who, title, paper, holder)

    def switch_back_to(self, paper, title, holder):
        self.switch_back(title, paper, "carrier", holder)

    # Authorities and gates.

    @rule(title=titles, bit=bits, who=likely("keeper"), lifted=st.booleans())
    def hold(self, title, bit, who, lifted):
        who = AUTHORITY.get(bit, "admin") if who == "keeper" else who
        held = [each for each in TITLES if self.model.word(each).holds >> bit & 1]
        title = held[0] if lifted and held else title
        self._with_reason("unhold" if lifted else "hold", who, (title, bit))

    def _lift(self, title, bit):
        self._with_reason("unhold", AUTHORITY[bit], (title, bit))

    @rule(
        title=titles, who=likely("payment"), satisfied=st.booleans(),
        gate=st.sampled_from([lc.PAYMENT_GATE] * 12 + [8]),
    )  # fmt: skip
    def gate(self, title, who, satisfied, gate):
        act = (title, gate)
        self._call(
            "satisfy" if satisfied else "unsatisfy",
            who,
            *act,
            WHY,
            act=lambda model, who: model.gate(who, *act, satisfied=satisfied),
        )

    @rule(
        batch=st.lists(titles, max_size=3), who=likely("payment"),
        gate=st.sampled_from([lc.PAYMENT_GATE] * 12 + [8]),
    )  # fmt: skip
    def satisfy_many(self, batch, who, gate):
        live = [each for each in dict.fromkeys(batch) if self.model.word(each).state in LIVE]
        fresh = [e for e in live if not self.model.word(e).gates_satisfied >> lc.PAYMENT_GATE & 1]
        act = (gate, fresh or batch or TITLES[:1])
        self._with_reason("satisfy_many", who, act)

    # Serials, anchors.

    @rule(who=likely("terminal"), serials=st.sets(st.integers(0, 255), max_size=3))
    def nullify(self, who, serials):
        words = [(0, sum(1 << serial for serial in serials))]
        call = instructions.call_data("nullify", lc.TERMINAL_NO, words)
        act = (lc.TERMINAL_NO, serials)
        self._both(lambda model, who: model.nullify(who, *act), who, call)

    @rule(who=likely("log"), more=st.sampled_from([1, 5, 0, -1]))
    def anchor(self, who, more):
        who = self.model.log_key if who == "log" else who
        size = max(0, self.model.size + more)
        call = instructions.anchor(size, WHY, 1, b"")
        self._both(lambda model, who: model.anchor(who, size), who, call)

    # Parties.

    def _proof(self, handle, key, signer):
        address = SENDERS[key].address
        return instructions.compact(_signature("possession", signer, handle, address))

    @rule(handle=st.sampled_from([NEWCOMER] * 6 + [0, BEARER]), who=likely("admin"), signer=signers)
    def register(self, handle, who, signer):
        signer = "fresh" if signer == "itself" else signer
        terms = (handle, SENDERS["fresh"].address, *self._proof(handle, "fresh", signer))
        act = (handle, "fresh", signer)
        self._call("register", who, *terms, act=lambda model, who: model.register(who, *act))

    @rule(handle=parties, who=likely("party"), key=keys, signer=signers)
    def rotate_key(self, handle, who, key, signer):
        who = self._key(handle) if who == "party" else who
        signer = key if signer == "itself" else signer
        terms = (handle, SENDERS[key].address, *self._proof(handle, key, signer))
        act = (handle, key, signer)
        self._call("rotate_key", who, *terms, act=lambda model, who: model.rotate_key(who, *act))

    @rule(
        handle=parties, who=likely("party"), agent=st.sampled_from([*sorted(PARTY) * 4, 0]),
        title=st.sampled_from([EVERY_TITLE, *TITLES[:2]]),
        acts=st.sampled_from([15, 15, 9, 6, 0, 16]),
        cap=st.sampled_from([100, 100, 40, 0]),
        seconds=st.sampled_from([200, 200, 90_000, -1]),
    )  # fmt: skip
    def delegate(self, handle, who, agent, title, acts, cap, seconds):  # noqa: PLR0917  # drawn by name
        who, agent = self._key(handle) if who == "party" else who, PARTY.get(agent, "")
        terms = (title, acts, self.model.now + seconds, cap)
        address = SENDERS[agent].address if agent else "0x" + "00" * 20
        self._call(
            "delegate",
            who,
            handle,
            address,
            *terms,
            act=lambda model, who: model.delegate(who, handle, agent, *terms),
        )

    @given("delegations")
    @rule(data=st.data(), handle=parties, who=likely("party"), there=st.booleans())
    def revoke_delegation(self, data, handle, who, there):
        terms = (handle, "bank", EVERY_TITLE)
        if there and self.model.delegations:
            grantor, *granted = data.draw(st.sampled_from(sorted(self.model.delegations)))
            terms = (handle, *_) = (grantor[0], *granted)
        who = self._key(handle) if who == "party" else who
        self._call(
            "revoke_delegation",
            who,
            handle,
            SENDERS[terms[1]].address,
            terms[2],
            act=lambda model, who: model.revoke_delegation(who, *terms),
        )

    @rule(
        handle=st.sampled_from([lc.BANK_ID] * 8 + [NEWCOMER]),
        key=st.sampled_from(["fresh", "other"]),
        who=likely("keeper"), seat=st.sampled_from([0, 1, 2, 3, 0, 1, 2, 8]), signer=signers,
    )  # fmt: skip
    def vote_recovery(self, handle, key, who, seat, signer):
        self._vote(handle, key, self._keeper(GUARDIANS + seat, who), seat, signer)

    def _vote(self, handle, key, who, seat, signer="itself"):
        signer = key if signer == "itself" else signer
        terms = (handle, SENDERS[key].address, seat, *self._proof(handle, key, signer))
        act = (handle, key, seat, signer)
        self._call(
            "vote_recovery", who, *terms, act=lambda model, who: model.vote_recovery(who, *act)
        )

    @rule(handle=parties, key=st.sampled_from(["fresh", "other"]))
    def recover(self, handle, key):
        """Acts in a row, so that a recovery is not waited for in vain."""
        for seat in range(3):
            self._vote(handle, key, self._keeper(GUARDIANS + seat, "keeper"), seat)

    @given("recoveries")
    @rule(data=st.data(), handle=parties, who=likely("party"), done=st.booleans())
    def end_recovery(self, data, handle, who, done):
        begun = sorted((grantor[0], key) for grantor, key in self.model.recoveries)
        handle, key = data.draw(st.sampled_from(begun or [(handle, "fresh")]))
        self._end_recovery(handle, key, self._key(handle) if who == "party" else who, done=done)

    def _end_recovery(self, handle, key, who, *, done):
        act = (handle, key)
        if done:
            self._call(
                "complete_recovery",
                who,
                handle,
                SENDERS[key].address,
                act=lambda model, _: model.complete_recovery(*act),
            )
        else:
            self._call(
                "veto_recovery",
                who,
                handle,
                SENDERS[key].address,
                act=lambda model, who: model.veto_recovery(who, *act),
            )

    def complete_recovery_later(self, data):
        self._later(3 * 86_400 + 1)
        ready = [at for at, recovery in self.model.recoveries.items() if recovery.ready]
        current = sorted((g[0], key) for g, key in ready if self.model._grantor(g[0]) == g)
        if current:
            self._end_recovery(*data.draw(st.sampled_from(current)), "bank", done=True)

    # Offices and ownership.

    @rule(
        who=likely("owner"), key=st.sampled_from(["carrier", "fresh", ""]),
        office=st.sampled_from([VACANT, VACANT, REGISTRAR, 7, GUARDIANS + 7, *sorted(lc.OFFICES)]),
    )  # fmt: skip
    def appoint(self, who, office, key):
        key = "admin" if office == REGISTRAR else key
        self._office("appoint", self._owner(who), office, key)

    def _owner(self, who):
        return self.model.owner if who == "owner" else who

    @rule(who=likely("keeper"), office=offices, key=st.sampled_from(["itself"] * 4 + ["other", ""]))
    def hand_over(self, who, office, key):
        """Mostly to itself, so that the carrier of most acts stays the carrier."""
        key = OFFICES[office] if key == "itself" else key
        self._office("hand_over", self._keeper(office, who), office, key)
        if self.model.offices.get(office) != OFFICES[office] and office in self.model.offices:
            self._office("hand_over", self._keeper(office, "keeper"), office, OFFICES[office])

    def _office(self, function, who, office, key):
        address = SENDERS[key].address if key else "0x" + "00" * 20
        act = (office, key)
        self._call(
            function,
            who,
            office,
            address,
            act=lambda model, who: getattr(model, function)(who, *act),
        )

    @rule(who=likely("owner"), office=offices, stop=st.sampled_from([True, False, False]))
    def pause(self, who, office, stop):
        office = min(self.model.paused, default=office) if not stop else office
        self._call(
            "pause" if stop else "unpause",
            self._owner(who),
            office,
            act=lambda model, who: model.pause(who, office, stop=stop),
        )

    @rule(who=likely("owner"), key=st.sampled_from(["admin", "fresh", ""]), log=st.booleans())
    def name_a_key(self, who, key, log):
        address = SENDERS[key].address if key else "0x" + "00" * 20
        function = "set_log_key" if log else "propose_owner"
        self._call(
            function,
            self._owner(who),
            address,
            act=lambda model, who: getattr(model, function)(who, key),
        )

    @given("proposed_owner")
    @rule(who=likely("proposed"))
    def accept_ownership(self, who):
        who = self.model.proposed_owner or "admin" if who == "proposed" else who
        self._call("accept_ownership", who)

    # What must hold after every step.

    def _same_words(self):
        for title in TITLES:
            word = TitleWord.unpack(self.ledger.storage(0, title))
            assert word == self.model.word(title), "a word differs"
            self._check(title, word)
            lineage = self.ledger.storage(16, title).to_bytes(32, "big")
            assert lineage == self.model.lineages.get(title, bytes(32)), "a lineage differs"
            assert not any(lineage) or word.state in REPLACED
            second = self.ledger.storage(10, title)
            if word.flags & Flag.PLEDGED and word.state not in {TitleState.VOID, TitleState.PAPER}:
                assert PledgeWord.unpack(second) == self.model.pledges[title]
            else:
                assert second == int.from_bytes(self.model.returned.get(title, b""), "big")
        for (title, number), order in self.model.orders.items():
            assert OrderWord.unpack(self.ledger.storage(1, title, number)) == order

    def _same_rows(self):
        rows = self.projected.words()
        for title in TITLES:
            kept = self.ledger.storage(0, title), self.ledger.storage(10, title)
            assert rows.get(title, (0, 0)) == kept, "a row differs"

    def _same_keys_and_sizes(self):
        model, ledger = self.model, self.ledger
        assert ledger.storage(2, lc.TERMINAL_NO, 0) == sum(1 << bit for _, bit in model.used)
        assert ledger.storage(5) == _address(model.log_key) << 64 | model.size
        assert ledger.storage(7) == _address(model.owner)
        assert ledger.storage(8) == _address(model.proposed_owner)
        for office in (*OFFICES, VACANT):
            kept = _address(model.offices.get(office, "")) | (office in model.paused) << 160
            voice = office - AUTHORITIES in model.voices
            assert ledger.storage(3, office) == kept | voice << 161
        for handle in (*PARTY, NEWCOMER):
            kept = _address(model.parties.get(handle, "")) | (handle in model.suspended) << 160
            assert ledger.storage(4, handle) == kept | model.rotations.get(handle, 0) << 192
        assert ledger.storage(14) >> 160 == (model.successor or (b"", 0))[1]
        for title in TITLES:
            assert bool(ledger.storage(13, title)) == (title in model.seizures)

    def _same_agents_and_recoveries(self):
        for (grantor, agent, title), left in self.model.delegations.items():
            word = left.acts | left.until << 16 | left.left << 56
            assert self._granted(11, grantor, agent, title) == word
        for (grantor, key), recovery in self.model.recoveries.items():
            word = sum(1 << seat for seat in recovery.seats) | recovery.ready << 8
            assert self._granted(12, grantor, key) == word

    def _granted(self, slot, grantor, key, *scope):
        handle, party, before = grantor
        by = handle << 224 | before << 192 | _address(party)
        return self.ledger.storage(slot, by, _address(key), *scope)

    def _check(self, title, word):
        """I2, I3, I5, I6 and I12 on the contract's own word."""
        before = self.before.get(title, TitleWord())
        orders = [order for (of, _), order in self.model.orders.items() if of == title]
        assert (word == before) == (word.sequence == before.sequence)
        if before.state >= TitleState.RELEASED:
            # A hold may be lifted from what has ended; nothing else changes there.
            lifted = replace(before, holds=word.holds & before.holds, sequence=word.sequence)
            assert word == lifted
        if word.state in LIVE:
            assert word.holder in self.model.parties
            assert word.owner in self.model.parties or word.owner == BEARER
            assert bool(word.flags & Flag.APART) == (word.owner != word.holder)
        if word.state in GOODS:
            assert word.collected <= word.ordered <= word.quantity
            assert before.state not in GOODS or before.collected <= word.collected
        if orders:
            assert word.collected == sum(order.collected for order in orders)
        self.before[title] = word


@cache
def _address(name: str) -> int:
    return int.from_bytes(SENDERS[name].raw_address, "big") if name else 0
