"""State machines as tables: the table is the documentation, the test and the rule.

A state is a fold over events (STYLE 4). A room's `rules.py` declares `TRANSITIONS`, a mapping from
(state, event type) to the next state; what is not in the table is not allowed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from yidan.kernel.errors import InvalidTransitionError
from yidan.kernel.events import Event
from yidan.kernel.reasons import reason

S = TypeVar("S", bound=StrEnum)

NOT_IN_THIS_STATE = reason(
    "not-in-this-state",
    en="{machine} is {state}; {event} is not possible now.",
    zh="{machine} 当前状态为 {state}，不能执行 {event}。",
)


@dataclass(frozen=True)
class Machine(Generic[S]):
    """One state machine: its name, first state and transition table."""

    name: str
    initial: S
    transitions: Mapping[tuple[S, type[Event]], S]

    def allows(self, state: S, happened: type[Event]) -> bool:
        """Say whether the table has this step."""
        return (state, happened) in self.transitions

    def advance(self, state: S, happened: type[Event]) -> S:
        """The state after one event.

        Raises:
            InvalidTransitionError: the table does not have this step.
        """
        try:
            return self.transitions[state, happened]
        except KeyError:
            raise InvalidTransitionError(
                NOT_IN_THIS_STATE(machine=self.name, state=state.value, event=happened.TYPE)
            ) from None

    def replay(self, history: Iterable[type[Event]]) -> S:
        """The state after a history, from the initial state."""
        state = self.initial
        for happened in history:
            state = self.advance(state, happened)
        return state
