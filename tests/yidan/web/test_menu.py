"""The menu: every entry leads somewhere, and each party sees its own."""

import pytest

from yidan.http.auth import Means, Principal
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.parties import rules
from yidan.web.menu import MENU, menu_for


def caller(*roles, barred=()):
    return Principal(
        actor=Actor(party="p"),
        roles=frozenset(roles),
        scopes=rules.scopes_of(roles),
        means=Means.SESSION,
        barred=barred,
    )


def seen(scene, found):
    with scene.app.test_request_context("/"):
        return [item.endpoint for item in menu_for(found)]


def test_every_entry_leads_to_a_page(scene):
    assert [item.endpoint for item in MENU if item.endpoint not in scene.app.view_functions] == []


@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        (Role.CONSIGNEE, "release_pages.releases", "kiosk.lane"),
        (Role.TERMINAL, "kiosk.lane", "operations.operator"),
        (Role.CUSTOMS, "release_pages.holds", "kiosk.lane"),
        (Role.ADMINISTRATOR, "operations.operator", "waybill_pages.waybills"),
    ],
)
def test_a_role_sees_what_it_may_use(scene, role, has, has_not):
    entries = seen(scene, caller(role))
    assert has in entries
    assert has_not not in entries


def test_whoever_is_barred_or_unknown_may_still_verify(scene):
    barred = caller(Role.TERMINAL, barred=(rules.PARTY_NOT_VERIFIED(state="registered"),))
    assert seen(scene, None) == seen(scene, barred) == ["verify.ask"]
