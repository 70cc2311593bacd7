"""Guards of acts on titles: every reason at once; outcomes matched; goods joined."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.chain.words import OrderWord
from yidan.kernel.reasons import Role
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.judging import findings
from yidan.release.titles.orders import word as order_word
from yidan.release.titles.rules import clearing, instructing, offices
from yidan.release.titles.rules.guards import Facts, Family
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.rules.outcomes import is_outcome
from yidan.release.titles.word import BEARER, TitleState, Word

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDER, TAKER, BANK = 1, 2, 3


def word(state=TitleState.ACTIVE, **changes):
    usual = {
        "flags": 0, "quantity": 10, "ordered": 0, "collected": 0, "owner": HOLDER,
        "holder": HOLDER, "holds": 0, "gates_required": 0, "gates_satisfied": 0, "issuer": 1,
        "sequence": 4, "taker": 0, "offered_until": None, "offered_roles": 0,
    }  # fmt: skip
    return Word(state=state, **{**usual, **changes})


TERMS = {
    Act.ISSUE: {"issuer": 1, "quantity": 10, "holder": HOLDER, "gates": 0},
    Act.TRANSFER: {"taker": TAKER},
    Act.PROPOSE: {"taker": TAKER, "roles": 3, "deadline": int((NOW + DAY).timestamp())},
    Act.PLEDGE: {"pledgee": BANK, "notice": 86_400},
    Act.ASSIGN_PLEDGE: {"pledgee": TAKER},
    Act.HOLD: {"authority": 0},
    Act.UNHOLD: {"authority": 0},
    Act.SATISFY: {"gate": 1},
    Act.UNSATISFY: {"gate": 1},
}
PENDING = word(TitleState.PENDING, taker=TAKER, offered_until=NOW + DAY, offered_roles=3)
PLEDGED = word(flags=1)
FORECLOSING = word(flags=9)
LAPSED = word(TitleState.PENDING, taker=TAKER, offered_until=NOW - DAY, offered_roles=3)
ASKED = sorted(set(Act) - instructing.OF_ORDERS)
GOOD = {
    Act.ISSUE: (None, HOLDER),
    Act.TRANSFER: (word(), HOLDER),
    Act.PROPOSE: (word(), HOLDER),
    Act.ACCEPT: (PENDING, TAKER),
    Act.DECLINE: (PENDING, TAKER),
    Act.RECLAIM: (LAPSED, 77),
    Act.SURRENDER: (word(), HOLDER),
    Act.SURRENDER_PLEDGED: (PLEDGED, HOLDER),
    Act.ACCEPT_SURRENDER: (word(TitleState.SURRENDERED), 9),
    Act.REJECT_SURRENDER: (word(TitleState.SURRENDERED), 9),
    Act.CLOSE_WITH_TOLERANCE: (word(TitleState.RELEASING), 9),
    Act.PLEDGE: (word(), HOLDER),
    Act.DISCHARGE: (PLEDGED, BANK),
    Act.SURRENDER_FOR_AMENDMENT: (word(), HOLDER),
    Act.REPLACE: (word(TitleState.AMENDMENT), 9),
    Act.REJECT_AMENDMENT: (word(TitleState.AMENDMENT), 9),
    Act.SWITCH_BACK: (word(TitleState.PAPER), 9),
    Act.SWITCH_TO_PAPER: (word(TitleState.AMENDMENT), 9),
    Act.ASSIGN_PLEDGE: (PLEDGED, BANK),
    Act.GIVE_NOTICE: (PLEDGED, BANK),
    Act.WITHDRAW_NOTICE: (FORECLOSING, BANK),
    Act.FORECLOSE: (FORECLOSING, BANK),
    Act.HOLD: (word(), 9),
    Act.UNHOLD: (word(holds=1), 9),
    Act.SATISFY: (word(), 9),
    Act.UNSATISFY: (word(gates_satisfied=2), 9),
}


FAMILY = Family(others=(), children=(4, 6), paper=False, one_pledge=True, surrendered=True)
ON_PAPER = replace(FAMILY, children=(), paper=True)
FAMILIES = {
    Act.SURRENDER_FOR_AMENDMENT: FAMILY,
    Act.REPLACE: FAMILY,
    Act.SWITCH_TO_PAPER: ON_PAPER,
}


def codes(act, read=..., handle=0, **changes):
    usual, who = GOOD[act]
    facts = {
        "now": NOW,
        "word": usual if read is ... else read,
        "handle": handle or who,
        "pledgee": BANK,
        "family": FAMILIES.get(act),
        "terms": {**TERMS.get(act, {}), **changes.pop("terms", {})},
        "deadline": NOW + DAY,
    }
    return [reason.code for reason in findings(act, Facts(**{**facts, **changes}))]


@pytest.mark.parametrize("act", ASKED)
def test_each_act_is_possible_where_nothing_stands_against_it(act):
    assert codes(act) == []


@pytest.mark.parametrize("act", set(ASKED) - {Act.ISSUE, Act.UNHOLD})
def test_no_act_but_issue_is_possible_on_what_was_never_issued(act):
    assert "title-not-in-state" in codes(act, None)


@pytest.mark.parametrize("act", set(ASKED) - {Act.UNHOLD, Act.ISSUE, Act.SWITCH_BACK})
@pytest.mark.parametrize("end", [TitleState.RELEASED, TitleState.VOID, TitleState.PAPER])
def test_i3_nothing_is_possible_on_a_title_that_ended(act, end):
    assert "title-not-in-state" in codes(act, word(end))


LATE = ["title-offer-over", "title-deadline"]
FROZEN = word(holds=0x10)
TWO_HANDS = word(flags=2, owner=7)
OUTER = TitleState.SURRENDERED


@pytest.mark.parametrize(
    ("act", "read", "handle", "changes", "expected"),
    [
        (Act.ISSUE, word(), HOLDER, {}, ["title-not-in-state"]),
        (Act.ISSUE, None, HOLDER, {"terms": {"quantity": 0}}, ["title-quantity"]),
        (Act.ISSUE, None, HOLDER, {"terms": {"quantity": 1 << 40}}, ["title-quantity"]),
        (Act.TRANSFER, FROZEN, HOLDER, {}, ["title-frozen"]),
        (Act.TRANSFER, PLEDGED, HOLDER, {}, ["title-pledged"]),
        (Act.TRANSFER, word(), 9, {}, ["title-not-holder"]),
        (Act.TRANSFER, TWO_HANDS, HOLDER, {}, ["title-in-two-hands"]),
        (Act.TRANSFER, word(), HOLDER, {"terms": {"taker": HOLDER}}, ["title-to-itself"]),
        (Act.PROPOSE, word(), 9, {}, ["title-not-holder"]),
        (Act.PROPOSE, TWO_HANDS, HOLDER, {}, ["title-in-two-hands"]),
        (Act.PROPOSE, TWO_HANDS, 7, {"terms": {"roles": 1}}, []),
        (Act.PROPOSE, word(flags=2, owner=BEARER), HOLDER, {}, []),
        (Act.PROPOSE, word(), HOLDER, {"terms": {"deadline": 1}}, ["title-offer-term"]),
        (Act.ACCEPT, PENDING, 9, {}, ["title-not-taker"]),
        (Act.ACCEPT, PENDING, TAKER, {"now": NOW + 2 * DAY}, LATE),
        (
            Act.ACCEPT,
            word(TitleState.PENDING, taker=TAKER, offered_until=NOW + DAY, holds=0x80),
            TAKER,
            {},
            ["title-frozen"],
        ),
        (Act.SURRENDER, PLEDGED, HOLDER, {}, ["title-pledged"]),
        (Act.SURRENDER_PLEDGED, word(), HOLDER, {}, ["title-not-pledged"]),
        (Act.SURRENDER_PLEDGED, word(flags=9), HOLDER, {}, ["title-foreclosing"]),
        (Act.ACCEPT_SURRENDER, word(), 9, {}, ["title-not-in-state"]),
        (Act.PLEDGE, word(), HOLDER, {"terms": {"notice": 60}}, ["title-notice-term"]),
        (Act.PLEDGE, word(), HOLDER, {"terms": {"pledgee": HOLDER}}, ["title-to-itself"]),
        (Act.DISCHARGE, word(), BANK, {}, ["title-not-pledged"]),
        (Act.DISCHARGE, PLEDGED, HOLDER, {}, ["title-not-pledgee"]),
        (Act.HOLD, word(holds=1), 9, {}, ["title-held-already"]),
        (Act.UNHOLD, word(), 9, {}, ["title-not-held"]),
        (Act.UNHOLD, None, 9, {}, ["title-not-held"]),
        (Act.SATISFY, word(gates_satisfied=2), 9, {}, ["title-gate-unchanged"]),
        (Act.UNSATISFY, word(), 9, {}, ["title-gate-unchanged"]),
        (Act.HOLD, word(), 9, {"office_kept": False, "office": 5}, ["title-office-not-kept"]),
        (Act.SURRENDER, word(), HOLDER, {"busy": True}, ["title-instruction-open"]),
        (Act.HOLD, word(), 9, {"busy": True}, []),
        (Act.SURRENDER, word(), HOLDER, {"deadline": NOW}, ["title-deadline"]),
        (Act.SURRENDER, word(), HOLDER, {"deadline": NOW + 31 * DAY}, ["title-deadline"]),
    ],
)  # fmt: skip
def test_what_stands_against_an_act_is_said(act, read, handle, changes, expected):
    assert codes(act, read, handle, **changes) == expected


def test_every_reason_comes_at_once():
    frozen = word(flags=3, owner=7, holds=0x40)
    assert codes(Act.SURRENDER, frozen, 9, busy=True) == [
        "title-frozen",
        "title-pledged",
        "title-not-holder",
        "title-in-two-hands",
        "title-instruction-open",
    ]


def after(**changes):
    return word(**{"sequence": 5, **changes})


@pytest.mark.parametrize(
    ("act", "happened", "read", "is_it"),
    [
        (Act.TRANSFER, "Transferred", after(holder=TAKER), True),
        (Act.TRANSFER, "Transferred", after(holder=8), False),
        (Act.TRANSFER, "Surrendered", after(holder=TAKER), False),
        (Act.TRANSFER, "Transferred", after(holder=TAKER, sequence=6), False),
        (Act.PROPOSE, "Proposed", after(taker=TAKER, offered_roles=3), True),
        (Act.PROPOSE, "Proposed", after(taker=TAKER, offered_roles=2), False),
        (Act.ISSUE, "Issued", after(), True),
        (Act.ISSUE, "Issued", after(quantity=11), False),
        (Act.SURRENDER, "Surrendered", after(state=TitleState.SURRENDERED), True),
        (Act.HOLD, "Held", after(holds=1), True),
        (Act.HOLD, "Held", after(holds=2), False),
        (Act.SATISFY, "GateSatisfied", after(gates_satisfied=2, sequence=99), True),
        (Act.SATISFY, "GateSatisfied", after(gates_satisfied=1), False),
    ],
)
@pytest.mark.parametrize("before", [word(), None])
def test_an_outcome_is_an_instructions_only_if_it_is_what_was_asked(
    act, happened, read, is_it, before
):
    assert is_outcome(act, 4, TERMS.get(act, {}), happened, before, read) is is_it


def test_who_is_suspended_on_the_contract_acts_by_its_offices_alone():
    assert codes(Act.SURRENDER, suspended=True) == ["title-party-suspended"]
    assert codes(Act.HOLD, suspended=True, office=offices.AUTHORITIES) == []
    assert codes(Act.TRANSFER, other_suspended=True) == ["title-other-party-suspended"]


def test_an_orders_outcome_is_known_by_its_word():
    terms = {"terminal": 2, "nominee": 7, "quantity": 5, "valid_until": 50}
    fields = {"terminal": 2, "nominee": 7, "authorised": 5, "valid_until": 50, "number": 5}
    placed = order_word.read(f"{OrderWord(state=1, **fields).pack():064x}")
    after, told = word(TitleState.RELEASING, sequence=5), "Ordered"
    assert is_outcome(Act.ORDER, 4, terms, told, None, after, order=placed)
    assert not is_outcome(Act.ORDER, 3, terms, told, None, after, order=placed)
    assert not is_outcome(Act.ORDER, 4, terms, told, None, after)
    revoked = is_outcome(
        Act.REVOKE_ORDER, 1, {"number": 5}, "OrderRevoked", None, after, order=placed
    )
    assert revoked, "a revocation is for no sequence"


def test_an_instruction_begins_with_the_consent_and_goes_on_with_its_partys_signature():
    awaiting = InstructionState.AWAITING_CONSENT, InstructionState.AWAITING_SIGNATURE
    assert instructing.first_state(Custody.PLATFORM, consent=True) is awaiting[0]
    assert instructing.first_state(Custody.OWN, consent=False) is awaiting[1]
    assert instructing.first_state(Custody.PLATFORM, consent=False) is InstructionState.READY
    assert set(InstructionState.open()) == {*awaiting, InstructionState.READY}


def test_a_suspended_party_acts_by_its_offices_alone():
    assert codes(Act.SURRENDER, suspended=True) == ["title-party-suspended"]
    assert codes(Act.HOLD, suspended=True, office=offices.AUTHORITIES) == []
    assert codes(Act.TRANSFER, other_suspended=True) == ["title-other-party-suspended"]


def test_what_was_given_up_may_still_be_performed():
    ended = {InstructionState.REFUSED, InstructionState.WITHDRAWN}
    assert set(InstructionState.unconfirmed()) - set(InstructionState.open()) == ended


def test_bits_and_keepers_are_in_the_contracts_order():
    assert [offices.authority_bit(one) for one in Authority] == list(range(8))
    assert [offices.gate_bit(one) for one in Gate] == list(range(5))
    assert set(offices.KEEPERS) == set(Authority)
    assert set(offices.GATE_KEEPERS) == set(Gate)
    assert instructing.role_among(frozenset({Role.TERMINAL, Role.BANK})) is Role.BANK
    assert instructing.role_among(frozenset({Role.TERMINAL})) is Role.TERMINAL


def goods(*words, **changes):
    return [reason.code for reason in clearing.goods_reasons("B1", list(words), **changes)]


@pytest.mark.parametrize(
    "state", set(TitleState) - clearing.CLEARED - clearing.GONE - {TitleState.MIGRATED}
)
def test_goods_stay_while_the_surrender_was_not_accepted(state):
    assert goods(word(state)) == ["title-not-surrendered"]


def test_goods_go_by_an_accepted_surrender_with_no_hold_no_notice_and_every_gate():
    released = TitleState.RELEASING
    assert goods() == []
    assert goods(word(released)) == goods(word(TitleState.RELEASED)) == []
    assert goods(word(released), word(TitleState.VOID)) == []
    assert goods(word(released), word()) == ["title-not-surrendered"]
    assert goods(word(released, holds=3)) == ["title-goods-held"]
    assert goods(word(released, flags=8)) == ["title-foreclosing"]
    assert goods(word(released, gates_required=3, gates_satisfied=1)) == ["title-gates-open"]
    assert goods(word(released, gates_required=0x20)) == ["title-gates-open"]
    assert goods(being_issued=True) == ["title-being-issued"]


@pytest.mark.parametrize("state", TitleState)
def test_s14_goods_that_left_against_a_letter_of_indemnity_leave_by_no_state_of_the_title(state):
    flagged = word(state, gates_required=0x81, gates_satisfied=0x81)
    assert "title-indemnified" in goods(flagged)
    assert clearing.governs(flagged)


def test_the_letters_gate_is_told_beside_the_others():
    flagged = word(TitleState.RELEASING, gates_required=0x82)
    assert goods(flagged) == ["title-indemnified", "title-gates-open"]


def test_a_title_that_migrated_lets_nothing_go_whatever_its_gates():
    assert goods(word(TitleState.MIGRATED)) == ["title-migrated"]
    assert clearing.governs(word(TitleState.MIGRATED))


def test_only_void_and_paper_leave_a_bill_to_what_took_their_place():
    left = {state for state in TitleState if not clearing.governs(word(state))}
    assert left == {TitleState.VOID, TitleState.PAPER}
    assert all(goods(word(state)) == [] for state in left)


def test_goods_ordered_or_delivered_on_the_chain_itself_go_by_no_release():
    def said(*words, own=()):
        found = clearing.chain_orders_reasons("B1", [(one, own) for one in words])
        return [reason.code for reason in found]

    free = word(TitleState.RELEASING)
    assert said(free, word(TitleState.PAPER, ordered=3), word(TitleState.ACTIVE)) == []
    for one in ({"ordered": 2}, {"ordered": 2, "collected": 2}, {"collected": 2}):
        assert said(free, word(TitleState.RELEASING, **one)) == ["title-delivered-on-chain"]
    assert said(word(TitleState.RELEASED)) == ["title-delivered-on-chain"]
    placed = OrderWord(state=1, authorised=2, collected=1).pack()
    mine = [order_word.read(f"{placed:064x}")]
    ours = word(TitleState.RELEASING, ordered=2, collected=1)
    assert said(ours, own=mine) == []
    more = word(TitleState.RELEASING, ordered=3, collected=1)
    assert said(more, own=mine) == ["title-delivered-on-chain"]
