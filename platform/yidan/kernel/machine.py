"""State machines as tables: the table is the documentation, the test and the rule.

A state is a fold over events (STYLE 4). A room's `rules.py` declares `TRANSITIONS`, a mapping from
(state, event type) to the next state; what is not in the table is not allowed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from yidan.kernel.errors import InvalidTransitionError
from yidan.kernel.events import Event
from yidan.kernel.reasons import Reason, Words, reason

S = TypeVar("S", bound=StrEnum)

_STATES: Final[dict[str, Words]] = {}


def _in_words(code: str) -> Words:
    """What `machine/state` is called: "the release right is void"."""
    machine, _, state = code.partition("/")
    return _STATES.get(code, (f"the {machine} is {state}", f"{machine} {state}"))


NOT_IN_THIS_STATE = reason(
    "not-in-this-state",
    en="This step is not possible now: {state}.",
    zh="当前不能执行该步骤：{state}。",
    state=_in_words,
)


def not_in_this_state(machine: str, state: str, event: str) -> Reason:
    """The reason why an event is not possible in a state."""
    return NOT_IN_THIS_STATE(machine=machine, state=f"{machine}/{state}", event=event)


@dataclass(frozen=True)
class Machine(Generic[S]):
    """One state machine: its name, first state and transition table."""

    name: str
    initial: S
    transitions: Mapping[tuple[S, type[Event]], S]
    zh: str = ""
    """Its name in Chinese."""
    states: Mapping[str, Words] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """What its states are called in texts for people."""

    def __post_init__(self) -> None:
        """Make its words known to the reason it gives."""
        for state, (en, zh) in self.states.items():
            _STATES[f"{self.name}/{state}"] = (f"the {self.name} is {en}", f"{self.zh}{zh}")

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
                not_in_this_state(self.name, state.value, happened.TYPE)
            ) from None

    def replay(self, history: Iterable[type[Event]]) -> S:
        """The state after a history, from the initial state."""
        state = self.initial
        for happened in history:
            state = self.advance(state, happened)
        return state
