"""Holds act in the transaction that places them, and only their owners lift them."""

import pytest

from tests.port import BOX
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.ports import PlaceSafetyHold
from yidan.release.actions import holds, looking
from yidan.release.actions.holds import PlaceHold
from yidan.release.rules.holds import HoldKind, HoldScope

BILL = "EOCLYG26110042"


def place(port, who, kind, scope=HoldScope.BL, key=BILL):
    command = PlaceHold(scope=scope, key=key, kind=kind, why="look")
    return port.do(who, lambda uow: holds.place_hold(command, uow)).hold


def reasons_of(port, release_id):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    found = port.look("consignee", lambda uow: looking.readiness_of(release_id, zone, uow))
    (position,) = found.positions
    return [(r.code, r.owner) for r in position.reasons()]


@pytest.fixture
def released(port):
    right = port.ready()
    return right.release_id


@pytest.mark.parametrize(
    ("who", "kind", "owner"),
    [
        ("customs", HoldKind.CUSTOMS, Role.CUSTOMS),
        ("agent", HoldKind.CARRIER, Role.SHIPPING_AGENT),
        ("terminal", HoldKind.DAMAGE, Role.TERMINAL),
        ("authority", HoldKind.COURT, Role.REGULATOR),
    ],
)
def test_a_hold_shows_at_once_in_readiness_with_its_owner(port, released, who, kind, owner):
    assert reasons_of(port, released) == []
    hold = place(port, who, kind)
    assert reasons_of(port, released) == [("hold-active", owner)]
    port.do(who, lambda uow: holds.lift_hold(hold.id, "done", uow))
    assert reasons_of(port, released) == []


def test_a_role_places_only_its_own_kinds(port, released):
    with pytest.raises(ForbiddenError):
        place(port, "haulier", HoldKind.CUSTOMS)
    with pytest.raises(ForbiddenError):
        place(port, "terminal", HoldKind.PLEDGE)


def test_carriers_and_banks_hold_only_goods_they_are_a_party_to(port, released):
    port.party("other agent", Role.SHIPPING_AGENT)
    with pytest.raises(NotFoundError):
        place(port, "other agent", HoldKind.CARRIER)
    with pytest.raises(NotFoundError):
        place(port, "bank", HoldKind.PLEDGE)
    with pytest.raises(NotFoundError):
        place(port, "agent", HoldKind.CARRIER, HoldScope.PARTY, port.ids["consignee"])


def test_an_authority_holds_goods_nobody_told_us_of_yet(port):
    port.people()
    place(port, "customs", HoldKind.CUSTOMS)
    port.bill()
    (visit_id,) = port.listed().visit_ids
    release_id = port.granted().release_id
    port.green(visit_id)
    assert ("hold-active", Role.CUSTOMS) in reasons_of(port, release_id)


def test_only_the_placer_or_a_higher_authority_lifts_a_hold(port, released):
    hold = place(port, "terminal", HoldKind.SECURITY, HoldScope.CONTAINER, BOX)
    with pytest.raises(NotFoundError):
        port.do("consignee", lambda uow: holds.lift_hold(hold.id, "please", uow))
    port.party("other terminal", Role.TERMINAL)
    with pytest.raises(RefusedError) as refused:
        port.do("other terminal", lambda uow: holds.lift_hold(hold.id, "please", uow))
    assert [r.code for r in refused.value.reasons] == ["hold-not-yours-to-lift"]
    port.do("customs", lambda uow: holds.lift_hold(hold.id, "searched", uow))
    with pytest.raises(RefusedError) as refused:
        port.do("customs", lambda uow: holds.lift_hold(hold.id, "again", uow))
    assert [r.code for r in refused.value.reasons] == ["hold-lifted-already"]


def test_a_malformed_number_is_a_finding(port, released):
    with pytest.raises(InvalidError):
        place(port, "customs", HoldKind.CUSTOMS, HoldScope.CONTAINER, "CSQU305438")


def test_an_authoritys_message_nobody_understood_holds_what_it_names(port, released):
    command = PlaceSafetyHold(
        transport_document_references=(BILL,),
        equipment_references=(BOX, "not a box"),
        why="message 77 could not be read",
    )
    done = port.do("customs", lambda uow: holds.place_safety_hold(command, uow))
    assert [change.hold.guardian for change in done] == [f"bill:{BILL}", f"box:{BOX}"]
    assert reasons_of(port, released) == [("hold-active", Role.CUSTOMS)] * 2
    with pytest.raises(ForbiddenError):
        port.do("haulier", lambda uow: holds.place_safety_hold(command, uow))
