"""A suspended party hears so at the request; what it asked for before the contract refuses."""

import pytest

from tests.chaos.titled import Roads
from yidan.kernel.errors import RefusedError
from yidan.release.titles import tables
from yidan.release.titles.events import Act
from yidan.store import following
from yidan.store.engine import reading

pytestmark = pytest.mark.integration


def told(roads, asked):
    """State, reason, and whether any batch carries it."""
    with reading(roads.services.engine) as connection:
        found = tables.instruction(connection, asked.id)
        return found.state.value, found.code, following.was_relayed(connection, asked.id)


def test_a_suspended_party_asks_in_vain_until_it_is_restored(platform_here, port_here):
    roads = Roads(platform_here, port_here.people()).begin()
    title = roads.issued("EOCLYG26110099")
    roads.life()
    asked = roads.ask("forwarder", title, Act.SURRENDER)
    roads.registrar("suspend", "forwarder")
    roads.life(rounds=3)
    assert told(roads, asked)[:2] == ("refused", "Suspended")
    with pytest.raises(RefusedError, match="title-party-suspended"):
        roads.ask("forwarder", title, Act.SURRENDER)
    assert roads.title(title).state == "active"
    roads.registrar("restore", "forwarder")
    roads.life(rounds=2)
    asked = roads.ask("forwarder", title, Act.SURRENDER)
    roads.life(rounds=3)
    assert told(roads, asked) == ("confirmed", "", True)
