"""Holds act in the transaction that places them, and only their owners lift them."""

import pytest
from sqlalchemy import update

from tests.port import BOX, box_number
from tests.yidan.parties.agencies import refused_codes
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.ports import PlaceSafetyHold
from yidan.release.actions import holds, looking
from yidan.release.actions.holds import PlaceHold
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.waybill.tables.bills import WaybillRow

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


def lift(port, who, hold):
    return port.do(who, lambda uow: holds.lift_hold(hold.id, "done", uow)).hold


def seen_by(port, who):
    return [hold.id for hold in port.look(who, holds.list_holds)]


@pytest.fixture(params=[HoldScope.BL, HoldScope.CONTAINER, HoldScope.VISIT])
def held(port, released, request):
    """The carrier's goods, held by its agent at each place a hold hangs on."""
    visit_id = port.right_of().visit_id
    key = {HoldScope.BL: BILL, HoldScope.CONTAINER: BOX, HoldScope.VISIT: visit_id}[request.param]
    return place(port, "agent", HoldKind.CARRIER, request.param, key)


def test_a_dismissed_agent_lifts_no_hold_of_the_carrier_and_the_carrier_does(port, released, held):
    port.dismissed(port.agency_id)
    assert refused_codes(lambda: lift(port, "agent", held)) == ["agent-not-appointed"]
    assert reasons_of(port, released) == [("hold-active", Role.SHIPPING_AGENT)]
    assert seen_by(port, "carrier") == [held.id]
    assert lift(port, "carrier", held).lifted_at is not None
    assert reasons_of(port, released) == []


def test_an_appointed_agent_lifts_what_it_held_for_its_carrier(port, held):
    assert lift(port, "agent", held).lifted_at is not None


def test_an_agent_for_other_ports_holds_here_and_lifts_nothing(port, released):
    port.dismissed(port.agency_id)
    port.appointed(un_location_codes=("NLRTM",))
    hold = place(port, "agent", HoldKind.CARRIER)
    assert refused_codes(lambda: lift(port, "agent", hold)) == ["agent-not-for-port"]


def test_no_other_carrier_lifts_or_sees_what_was_held_for_this_one(port, held):
    port.party("other carrier", Role.CARRIER)
    port.party("terminal that sails", Role.CARRIER, Role.TERMINAL)
    with pytest.raises(NotFoundError):
        lift(port, "other carrier", held)
    with pytest.raises(RefusedError) as refused:
        lift(port, "terminal that sails", held)
    assert [r.code for r in refused.value.reasons] == ["hold-not-yours-to-lift"]
    assert seen_by(port, "other carrier") == []


def test_an_agent_never_lifts_what_the_carrier_held(port, released):
    hold = place(port, "carrier", HoldKind.CARRIER)
    assert hold.placed_role is Role.CARRIER
    with pytest.raises(NotFoundError):
        lift(port, "agent", hold)
    lift(port, "carrier", hold)


def test_an_agent_that_is_a_carrier_elsewhere_holds_as_agent_here(port):
    port.people()
    port.party("agent that sails", Role.CARRIER, Role.SHIPPING_AGENT)
    agency_id = port.appointed("agent that sails")
    port.bill(agent="agent that sails", as_party={"SHIPPING_AGENT": "agent that sails"})
    hold = place(port, "agent that sails", HoldKind.CARRIER)
    assert hold.placed_role is Role.SHIPPING_AGENT
    port.dismissed(agency_id)
    assert refused_codes(lambda: lift(port, "agent that sails", hold)) == ["agent-not-appointed"]
    lift(port, "carrier", hold)


def test_the_friendly_carrier_of_a_second_bill_frees_no_box_of_the_first(port):
    """Held for the one carrier; appointed by another, whose bill names the same box."""
    port.people().bill()
    hold = place(port, "agent", HoldKind.CARRIER, HoldScope.CONTAINER, BOX)
    port.dismissed(port.agency_id)
    port.party("friend", Role.CARRIER)
    port.appointed(carrier="friend")
    port.bill("EOCLYG26110043", (BOX,), carrier="friend", as_party={"CARRIER": "friend"})
    assert refused_codes(lambda: lift(port, "agent", hold)) == ["agent-not-appointed"]
    with pytest.raises(NotFoundError):
        lift(port, "friend", hold)


def test_an_agent_that_the_bill_names_no_more_lifts_nothing(port):
    """The appointment stands, but these goods are another agent's now."""
    port.people()
    port.party("other agent", Role.SHIPPING_AGENT)
    waybill_id = port.bill()
    hold = place(port, "agent", HoldKind.CARRIER)
    named(port, waybill_id, "other agent")
    assert refused_codes(lambda: lift(port, "agent", hold)) == ["not-the-carrier"]
    lift(port, "carrier", hold)


def named(port, waybill_id, agent):
    """Another agent stands on the bill, as after an amendment."""
    row = WaybillRow.__table__
    here = update(row).where(row.c.id == waybill_id).values(agent_id=port.ids[agent])
    port.do("system", lambda uow: uow.connection.execute(here))


def test_a_visit_is_held_for_the_carrier_that_released_it_after_the_bill_named_another(port):
    port.people()
    port.party("other agent", Role.SHIPPING_AGENT)
    waybill_id = port.bill()
    (visit_id,) = port.listed().visit_ids
    port.granted()
    named(port, waybill_id, "other agent")
    hold = place(port, "agent", HoldKind.CARRIER, HoldScope.VISIT, visit_id)
    assert seen_by(port, "carrier") == [hold.id]


def test_a_consignee_that_is_an_agent_elsewhere_holds_nothing_for_the_carrier(port):
    port.people()
    port.party("trader", Role.CONSIGNEE, Role.SHIPPING_AGENT)
    port.bill(as_party={"CONSIGNEE": "trader"})
    with pytest.raises(NotFoundError):
        place(port, "trader", HoldKind.CARRIER)
    with pytest.raises(NotFoundError):
        place(port, "trader", HoldKind.CARRIER, HoldScope.CONTAINER, box_number(305439))
