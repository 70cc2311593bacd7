"""State machines: what is not in the table is not allowed."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import pytest

from yidan.kernel.errors import InvalidTransitionError, RefusedError
from yidan.kernel.events import Event, event
from yidan.kernel.machine import Machine


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


@event("machine_test.opened.v1")
@dataclass(frozen=True)
class Opened(Event):
    pass


@event("machine_test.shut.v1")
@dataclass(frozen=True)
class Shut(Event):
    pass


DOOR = Machine(
    name="door",
    initial=Door.SHUT,
    transitions={(Door.SHUT, Opened): Door.OPEN, (Door.OPEN, Shut): Door.SHUT},
)


def test_exactly_the_steps_of_the_table_are_allowed():
    allowed = {step for step in product(Door, (Opened, Shut)) if DOOR.allows(*step)}
    assert allowed == {(Door.SHUT, Opened), (Door.OPEN, Shut)}


def test_a_history_is_folded_from_the_first_state():
    assert DOOR.replay([]) is Door.SHUT
    assert DOOR.replay([Opened, Shut, Opened]) is Door.OPEN


def test_a_step_that_is_not_in_the_table_is_refused_in_words():
    with pytest.raises(InvalidTransitionError) as refused:
        DOOR.advance(Door.OPEN, Opened)
    (why,) = refused.value.reasons
    assert why.text("en") == "This step is not possible now: the door is open."
    assert why.text("zh") == "当前不能执行该步骤：door open。"
    assert isinstance(refused.value, RefusedError)
