"""The join of titles with goods: foreclosure, merges of bills, orders on the chain itself."""

from types import SimpleNamespace

import pytest

from tests.port import box_number
from tests.yidan.release.bulk.test_actions import Bulk
from tests.yidan.release.titles.test_api import NUMBER, Quay, codes, said
from tests.yidan.release.titles.test_pages import Reader, acts
from yidan.kernel.errors import RefusedError
from yidan.ports import MessageFunction
from yidan.release.actions import positions
from yidan.release.rules.readiness import Stage
from yidan.release.tables.bills import BillKey
from yidan.release.titles import claims
from yidan.release.titles.goods import issuing_findings, on_chain, titles_over
from yidan.release.titles.recording import lock_titles
from yidan.release.titles.tables import find_title, lineage
from yidan.store.engine import reading

SECOND = "EOCLYG26110043"
OTHER_BOX = box_number(305439)
FORECLOSED = {"state": 4, "sequence": 6, "owner": 3, "holder": 3}
TONNE = 1_000


@pytest.fixture
def quay(services):
    return Quay(services)


@pytest.fixture
def cleared(quay):
    """A title whose surrender by the forwarder was accepted; the box stands ready."""
    quay.issued().outcome("Surrendered", state=3, sequence=2)
    quay.outcome("SurrenderAccepted", state=4, sequence=3)
    (visit_id,) = quay.port.listed().visit_ids
    quay.port.green(visit_id)
    return quay


def against(quay):
    """What stands against the box's leaving at a gate."""

    def work(uow):
        right = quay.port.right_of()
        return positions.read(uow, right.id, zone=None).reasons(Stage.GATE_OUT)

    return {reason.code for reason in quay.port.look("system", work)}


def refused(work):
    with pytest.raises(RefusedError) as raised:
        work()
    return [reason.code for reason in raised.value.reasons]


def of_bill(quay, number, first=""):
    key = BillKey(quay.port.ids["carrier"], number)
    with reading(quay.services.engine) as connection:
        found = on_chain(connection, key, first=first)
    return found.governs, [reason.code for reason in found.reasons]


@pytest.mark.parametrize("happened", ["Foreclosed", "Seized"])
def test_goods_go_to_the_new_holder_alone_after_a_foreclosure_or_a_seizure(cleared, happened):
    port = cleared.port
    port.granted()
    assert "title-passed-on" not in against(cleared)
    cleared.outcome(happened, **FORECLOSED)
    assert "title-passed-on" in against(cleared)
    again = {"delivery_order_reference": "DO-2", "release_to": port.ids["consignee"]}
    assert "title-passed-on" in refused(lambda: port.granted(**again))
    assert "title-passed-on" in refused(lambda: port.granted(release_to=""))
    port.granted(function=MessageFunction.REPLACE, release_to=port.ids["bank"])
    assert port.right_of().chain == (port.ids["bank"],)
    assert "title-passed-on" not in against(cleared)


def test_goods_of_a_title_that_passed_to_a_stranger_go_to_nobody(cleared):
    cleared.outcome("Foreclosed", state=4, sequence=6, owner=77, holder=77)
    assert refused(cleared.port.granted) == ["title-passed-on"]
    assert refused(lambda: cleared.port.granted(release_to="")) == ["title-passed-on"]


def test_who_holds_a_title_at_its_surrender_may_change_before_the_acceptance(quay):
    quay.issued().outcome("Surrendered", state=3, sequence=2)
    quay.outcome("Seized", state=3, sequence=3, owner=3, holder=3)
    quay.outcome("SurrenderAccepted", state=4, sequence=4, owner=3, holder=3)
    assert of_bill(quay, NUMBER) == (True, [])


def test_bulk_goods_stay_after_a_foreclosure_at_every_step(quay):
    cleared = quay.issued()
    cleared.outcome("Surrendered", state=3, sequence=2, owner=5, holder=5)
    cleared.outcome("SurrenderAccepted", state=4, sequence=3, owner=5, holder=5)
    bulk = object.__new__(Bulk)
    bulk.port = cleared.port
    bulk.stock(100 * TONNE)
    order = bulk.order(80 * TONNE)
    loaded = bulk.loaded(order.id)
    cleared.outcome("Foreclosed", **FORECLOSED)
    assert refused(lambda: bulk.order(10 * TONNE)) == ["title-passed-on"]
    assert refused(lambda: bulk.plan(order.id, "苏G12346")) == ["title-passed-on"]
    assert refused(lambda: bulk.leave(loaded)) == ["title-passed-on"]


@pytest.mark.parametrize("state", [9, 10])
def test_a_hold_outlives_a_title_that_nothing_on_the_chain_replaced(cleared, state):
    cleared.outcome("Replaced", state=state, sequence=4, holds=1)
    assert of_bill(cleared, NUMBER) == (False, ["title-goods-held"])
    assert refused(cleared.port.granted)[0] == "title-goods-held"
    assert acts(Reader(cleared, "customs").get(f"/titles/{cleared.title}")) == ["unhold"]
    assert cleared.ask("customs", "unhold", authority="customs").status_code == 201
    cleared.outcome("Unheld", state=state, sequence=5)
    assert of_bill(cleared, NUMBER) == (False, [])


def test_a_hold_that_was_inherited_stands_with_the_heirs_alone(cleared):
    parent = cleared.title
    cleared.outcome("Replaced", state=9, sequence=4, holds=1)
    cleared.title = "ab" * 32
    cleared.outcome("Issued", parents=(parent,), state=4, holds=1)
    assert of_bill(cleared, NUMBER) == (True, ["title-goods-held"])
    cleared.outcome("Unheld", state=4, sequence=2)
    assert of_bill(cleared, NUMBER) == (True, [])


@pytest.fixture
def merged(quay):
    """Titles of two bills that were merged into one."""
    titles = []
    for number in (NUMBER, SECOND):
        waybill_id = quay.waybill_id
        if number == SECOND:
            waybill_id = quay.port.bill(SECOND, boxes=(OTHER_BOX,), negotiable=True)
        quay.title = quay.issue(waybillId=waybill_id).json["title"]
        quay.outcome("Issued")
        titles.append((quay.title, waybill_id))
    for title, _ in titles:
        quay.title = title
        quay.outcome("Replaced", state=9, sequence=3)
    quay.titles = titles
    quay.title = "ab" * 32
    quay.outcome("Issued", parents=tuple(title for title, _ in titles), quantity=2)
    return quay


@pytest.mark.parametrize("number", [NUMBER, SECOND])
def test_a_merged_title_governs_every_bill_that_it_was_made_of(merged, number):
    assert of_bill(merged, number) == (True, ["title-not-surrendered"])
    waybill_id = merged.titles[number == SECOND][1]
    path = f"/v1/waybills/{waybill_id}/presentation"
    body = {"presentation": "original", "reference": ""}
    said(merged.post("agent", path, body), 409, "title-on-chain")
    assert "title-issued-already" in codes(merged.issue(waybillId=waybill_id))
    merged.outcome("SurrenderAccepted", state=4, sequence=3, quantity=2)
    assert of_bill(merged, number) == (True, [])


def test_the_heirs_of_heirs_govern_too_until_all_of_them_are_void(merged):
    parent = merged.title
    merged.outcome("Replaced", state=9, sequence=3)
    assert of_bill(merged, SECOND) == (False, [])
    merged.title = "cd" * 32
    merged.outcome("Issued", parents=(parent,), quantity=2)
    assert of_bill(merged, SECOND) == (True, ["title-not-surrendered"])
    with reading(merged.services.engine) as connection:
        key = BillKey(merged.port.ids["carrier"], SECOND)
        assert len(titles_over(connection, key)) == 3


def test_an_outcome_locks_the_bills_of_every_parent(merged):
    locked = set()
    with reading(merged.services.engine) as connection:
        uow = SimpleNamespace(connection=connection, lock=lambda *them: locked.update(them))
        lock_titles(uow, [merged.title])
        documents = {one.document_commitment for one in lineage(connection, merged.title)}
    assert len(documents) == 2
    assert locked == {
        f"title:{merged.title}",
        f"bill:{NUMBER}",
        f"bill:{SECOND}",
        *(f"document:{one}" for one in documents),
    }


@pytest.mark.parametrize("number", [NUMBER, SECOND])
def test_a_merged_title_does_not_pass_while_one_of_its_bills_is_elsewhere(
    merged, monkeypatch, number
):
    def look(_connection, bill, _document):
        return claims.Whereabouts.AWAY if bill.number == number else None

    monkeypatch.setattr(claims, "_LOOKS", [look])
    said(merged.ask("forwarder", "surrender"), 409, "title-ebl-elsewhere")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": 4, "quantity": 9, "ordered": 2},
        {"state": 4, "quantity": 9, "ordered": 2, "collected": 1},
        {"state": 4, "quantity": 9, "ordered": 2, "collected": 2},
        {"state": 8, "quantity": 1, "ordered": 1, "collected": 1},
        {"state": 8, "quantity": 1},
    ],
)
def test_goods_that_the_contract_itself_has_delivered_do_not_go_by_a_release_as_well(
    cleared, fields
):
    cleared.port.granted()
    cleared.outcome("Ordered", sequence=4, **fields)
    assert "title-delivered-on-chain" in against(cleared)
    found = refused(lambda: cleared.port.granted(delivery_order_reference="DO-2"))
    assert "title-delivered-on-chain" in found


def test_an_order_on_the_chain_that_was_cancelled_lets_releases_go_on(cleared):
    cleared.port.granted()
    cleared.outcome("Ordered", state=4, sequence=4, ordered=1)
    cleared.outcome("OrderCancelled", state=4, sequence=5)
    assert "title-delivered-on-chain" not in against(cleared)


@pytest.mark.parametrize("number", [NUMBER, SECOND])
def test_no_title_comes_back_for_paper_against_which_one_of_its_bills_goods_went(merged, number):
    merged.outcome("SwitchedToPaper", state=10, sequence=3, quantity=2)
    assert issuing_codes(merged) == []
    waybill_id = merged.titles[number == SECOND][1]
    path = f"/v1/waybills/{waybill_id}/presentation"
    body = {"presentation": "original", "reference": "OBL-1"}
    assert merged.post("agent", path, body).status_code == 201
    assert issuing_codes(merged) == ["title-bill-presented"]
    answer = merged.ask("agent", "switch_back", to=merged.port.ids["forwarder"])
    said(answer, 409, "title-bill-presented")


def issuing_codes(quay):
    with reading(quay.services.engine) as connection:
        found = issuing_findings(connection, find_title(connection, quay.title))
    return [reason.code for reason in found]


def test_a_title_that_takes_anothers_place_is_of_that_ones_bill_whatever_its_id(quay):
    """Its holder draws its id: that of a bill's issue that waits gives it no other bill."""
    waybill_id = quay.port.bill(SECOND, boxes=(OTHER_BOX,), negotiable=True)
    wanted = quay.issue(waybillId=waybill_id, holder=quay.port.ids["consignee"]).json["title"]
    parent = quay.issued().title
    child = {"quantity": 1, "title": wanted}
    said(
        quay.ask("forwarder", "surrender_for_amendment", children=[child]), 422, "title-child-twice"
    )
    quay.outcome("Replaced", state=9, sequence=3)
    quay.title = wanted
    quay.outcome("Issued", parents=(parent,))
    with reading(quay.services.engine) as connection:
        assert find_title(connection, wanted).transport_document_reference == NUMBER
