"""Reading bills: one's own only, page by page, with the timeline of everything about them."""

import pytest

from yidan.kernel.errors import NotFoundError
from yidan.waybill import actions, tables


def test_the_list_shows_ones_own_bills_the_newest_first(house, bill):
    ids = []
    for number in ("EOC001", "EOC002", "EOC003"):
        bill["transportDocumentReference"] = number
        ids.insert(0, house.submit(bill).id)
    first = house.see("rail", lambda uow: actions.list_waybills(uow, limit=2))
    assert [one.id for one in first] == ids[:2]
    rest = house.see("rail", lambda uow: actions.list_waybills(uow, before=first[-1].id, limit=2))
    assert [one.id for one in rest] == ids[2:]
    assert house.see("agent", actions.list_waybills) == []


def test_the_timeline_holds_the_bill_and_its_document_newest_first(house, bill):
    accepted = house.accept(bill)
    seen = house.see("carrier", lambda uow: actions.timeline_of(accepted.id, uow))
    types = [one.event.TYPE for one in seen]
    assert types[-1] == "waybill.submitted.v1"
    assert types[-2] == "document.issued.v1"
    assert types[-3] == "waybill.accepted.v1"
    older = house.see(
        "carrier", lambda uow: actions.timeline_of(accepted.id, uow, before=seen[-2].number)
    )
    assert [one.event_id for one in older] == [seen[-1].event_id]


def test_what_is_about_a_bill_is_shown_to_its_own_parties_only(house, bill):
    accepted = house.accept(bill)
    number = accepted.transport_document_reference
    house.run(
        "rail",
        lambda uow: tables.relate(uow.connection, number, f"organisation:{house.ids['rail']}"),
    )
    for name, expected in (("rail", True), ("carrier", False)):
        seen = house.see(name, lambda uow: actions.timeline_of(accepted.id, uow, limit=200))
        assert any(one.subject.startswith("organisation:") for one in seen) is expected


def test_a_stranger_sees_neither_bill_nor_timeline(house, bill):
    submitted = house.submit(bill)
    for look in (actions.look_at_waybill, actions.timeline_of):
        for waybill_id in (submitted.id, "no-such-bill"):
            with pytest.raises(NotFoundError):
                house.see("agent", lambda uow, look=look, i=waybill_id: look(i, uow))
