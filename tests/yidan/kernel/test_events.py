"""Event types: declared once under a stable name, frozen, and read back by that name."""

from dataclasses import dataclass

import pytest

from yidan.kernel.events import REGISTRY, SYSTEM, Event, content_of, event, event_from


@event("kernel_test.line_cast.v1")
@dataclass(frozen=True)
class LineCast(Event):
    bollard: int


def test_a_declared_type_is_found_by_its_name():
    assert REGISTRY["kernel_test.line_cast.v1"] is LineCast
    assert LineCast.TYPE == "kernel_test.line_cast.v1"


def test_an_event_is_read_back_by_its_name():
    assert content_of(LineCast(17)) == {"bollard": 17}
    assert event_from("kernel_test.line_cast.v1", {"bollard": 17}) == LineCast(17)


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        event_from("kernel_test.never.v1", {})


@pytest.mark.parametrize(
    "name",
    ["line_cast.v1", "Kernel.cast.v1", "kernel.cast.v0", "kernel.cast", "kernel_test.line_cast.v1"],
)
def test_a_malformed_or_taken_name_is_refused(name):
    with pytest.raises(ValueError, match="malformed or taken"):
        event(name)(LineCast)


def test_a_class_that_can_change_is_refused():
    @dataclass
    class Loose(Event):
        bollard: int

    with pytest.raises(ValueError, match="frozen dataclass"):
        event("kernel_test.loose.v1")(Loose)


def test_a_frozen_base_does_not_make_an_undecorated_class_frozen():
    class Inherits(LineCast):
        depth_m: int = 0

    with pytest.raises(ValueError, match="frozen dataclass"):
        event("kernel_test.inherits.v1")(Inherits)


def test_the_system_acts_for_nobody():
    assert (SYSTEM.party, SYSTEM.user, SYSTEM.on_behalf_of) == ("system", "", "")
