"""What the contract is told next, whatever was re-sent, killed or came out of order (I5, I6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import words
from yidan.release.titles import word as title_word
from yidan.release.titles.events import Act
from yidan.release.titles.orders import rules, word
from yidan.release.titles.orders.rules import Here, Step

OPEN, COMPLETE, REVOKED = 1, 2, 3


def here(ordered_kg=100, delivered_kg=0, *, cancelled=False):
    return Here(ordered_kg=ordered_kg, delivered_kg=delivered_kg, cancelled=cancelled)


def there(state=OPEN, authorised=100, collected=0, **fields):
    packed = words.OrderWord(state=state, authorised=authorised, collected=collected, **fields)
    return word.read(f"{packed.pack():064x}")


def title(**fields):
    usual = {"state": 4, "quantity": 1000, "ordered": 100, "sequence": 5}
    return title_word.read(f"{words.TitleWord(**{**usual, **fields}).pack():064x}")


@pytest.mark.parametrize(
    ("ours", "theirs", "more", "expected"),
    [
        (here(), None, True, Step(Act.ORDER, 100)),
        (here(delivered_kg=30), None, True, Step(Act.ORDER, 100)),
        (here(delivered_kg=30), None, False, Step(Act.ORDER, 30)),
        (here(), None, False, None),
        (here(ordered_kg=0, cancelled=True), None, True, None),
        (here(ordered_kg=30, delivered_kg=30, cancelled=True), None, True, Step(Act.ORDER, 30)),
        (here(), there(), True, None),
        (here(delivered_kg=30), there(), True, Step(Act.COLLECT, 30)),
        (here(delivered_kg=30), there(collected=30), True, None),
        (here(delivered_kg=30), there(), False, Step(Act.COLLECT, 30)),
        (here(delivered_kg=30), there(authorised=20), True, Step(Act.COLLECT, 20)),
        (here(delivered_kg=30, cancelled=True), there(), True, Step(Act.COLLECT, 30)),
        (
            here(delivered_kg=30, cancelled=True),
            there(collected=30),
            True,
            Step(Act.REVOKE_ORDER, 0),
        ),
        (here(delivered_kg=100), there(COMPLETE, collected=100), True, None),
        (here(delivered_kg=50), there(REVOKED, collected=30), True, None),
    ],
)
def test_the_next_step_follows_from_where_both_stand(ours, theirs, more, expected):
    assert rules.next_step(ours, theirs, more=more) == expected


def test_before_a_foreclosure_an_order_is_revoked_once_all_that_left_is_told():
    untold = rules.next_step(here(delivered_kg=30), there(), ends=True)
    assert untold == Step(Act.COLLECT, 30)
    assert rules.next_step(here(), there(), ends=True) == Step(Act.REVOKE_ORDER, 0)


@pytest.mark.parametrize("stopped", [{"holds": 1}, {"flags": 9}, {"gates_required": 1}])
def test_what_stops_goods_on_the_contract_stops_all_but_a_revocation(stopped):
    for step, free in ((Step(Act.ORDER, 1), True), (Step(Act.COLLECT, 1), True)):
        assert rules.is_possible(step, title()) is free
        assert not rules.is_possible(step, title(**stopped))
    assert rules.is_possible(Step(Act.REVOKE_ORDER, 0), title(**stopped))


def test_no_more_is_ordered_than_the_title_has_left():
    assert rules.is_possible(Step(Act.ORDER, 900), title())
    assert not rules.is_possible(Step(Act.ORDER, 901), title())


ORDERED = {"terminal": 2, "nominee": 7, "quantity": 100, "valid_until": 50}


@pytest.mark.parametrize("other", [{}, {"terminal": 3}, {"nominee": 8}, {"valid_until": 51}])
def test_an_order_is_known_by_all_its_terms(other):
    placed = there(**{"terminal": 2, "nominee": 7, "valid_until": 50, "number": 6, **other})
    assert rules.is_outcome(Act.ORDER, ORDERED, placed) is (not other)


def test_a_collection_is_known_by_its_order_and_total_and_a_revocation_by_its_order():
    placed = there(collected=30, number=6)
    for terms, expected in (
        ({"number": 6, "total": 30}, True),
        ({"number": 6, "total": 31}, False),
        ({"number": 5, "total": 30}, False),
    ):
        assert rules.is_outcome(Act.COLLECT, terms, placed) is expected
    assert rules.is_outcome(Act.REVOKE_ORDER, {"number": 6}, placed)
    assert not rules.is_outcome(Act.REVOKE_ORDER, {"number": 5}, placed)


def departing(ours, theirs):
    return [one.code for one in rules.departure_reasons(ours, theirs)]


def test_nothing_leaves_on_an_order_that_others_ended_or_collected_on():
    assert departing(here(), None) == []
    assert departing(here(delivered_kg=30), there(collected=30)) == []
    assert departing(here(delivered_kg=30), there(collected=20)) == []
    assert departing(here(), there(REVOKED)) == ["title-order-ended"]
    assert departing(here(cancelled=True), there(REVOKED)) == []
    assert departing(here(delivered_kg=30), there(collected=31)) == [
        "title-order-collected-elsewhere"
    ]


def closing(word_of_title, *orders):
    return [one.code for one in rules.closing_reasons(word_of_title, orders)]


def test_a_title_is_closed_when_all_is_told_and_little_is_left():
    done = (here(delivered_kg=960, ordered_kg=960), there(COMPLETE, 960, 960))
    told = title(ordered=960, collected=960)
    assert closing(told, done) == []
    assert closing(told, done, (here(), None)) == ["title-orders-not-told"]
    assert closing(title(ordered=960, collected=900), done) == [
        "title-orders-not-told",
        "title-beyond-tolerance",
    ]
    assert closing(title(ordered=949, collected=949)) == ["title-beyond-tolerance"]
    assert closing(title(ordered=950, collected=950)) == []


class Contract:
    """The contract's own guards on one order (`collect`, `order`, `revoke_order`)."""

    def __init__(self):
        self.order, self.state, self.authorised, self.collected = None, OPEN, 0, 0

    def take(self, step):
        if step.act is Act.ORDER and self.order is None:
            self.order, self.authorised = 1, step.quantity
        elif self.order is not None and self.state == OPEN:
            if step.act is Act.REVOKE_ORDER:
                self.state = REVOKED
            elif step.act is Act.COLLECT and self.collected < step.quantity <= self.authorised:
                self.collected = step.quantity
                self.state = COMPLETE if self.collected == self.authorised else OPEN

    def seen(self):
        return self.order and there(self.state, self.authorised, self.collected)


@given(st.data())
def test_i6_never_more_is_collected_than_left_and_at_last_just_that(data):
    ours, contract, sent = here(ordered_kg=10), Contract(), []
    seen = None
    for _ in range(data.draw(st.integers(0, 25))):
        match data.draw(st.sampled_from(["leave", "cancel", "tell", "deliver", "follow"])):
            case "leave" if not ours.cancelled and ours.delivered_kg < ours.ordered_kg:
                ours = here(
                    10, ours.delivered_kg + data.draw(st.integers(1, 10 - ours.delivered_kg))
                )
            case "cancel" if not ours.cancelled:
                ours = here(ours.delivered_kg, ours.delivered_kg, cancelled=True)
            case "tell" if step := rules.next_step(ours, seen):
                sent.append(step)
            case "deliver" if sent:  # any of them, again, late, out of order
                contract.take(data.draw(st.sampled_from(sent)))
            case "follow":
                seen = contract.seen()
        assert contract.collected <= ours.delivered_kg <= 10
        assert contract.collected <= contract.authorised or not contract.order
    while step := rules.next_step(ours, contract.seen()):
        contract.take(step)
    assert contract.collected == ours.delivered_kg
