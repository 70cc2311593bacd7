"""Which orders the contract is told of, by whom, and what stops goods here; no chain is needed."""

from datetime import timedelta

import pytest

from ledger.chain import words
from ledger.chain.signing import address_of
from tests.yidan.release.bulk import test_actions as bulks
from tests.yidan.release.titles.test_api import Quay, said
from yidan.kernel.errors import RefusedError
from yidan.kernel.events import SYSTEM
from yidan.proof import anchoring
from yidan.proof.titles import telling
from yidan.release.bulk import actions as bulk_actions
from yidan.release.titles import events, tables
from yidan.release.titles.actions import standing
from yidan.release.titles.orders import actions
from yidan.release.titles.orders.tables import order_on_chain
from yidan.release.titles.recording import record_refusal
from yidan.release.titles.rules.offices import SERIALS, TERMINALS
from yidan.store import ledger_state, rebuild
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing

BULK = "EOCLYG26110077"
TERMINAL_KEY = bytes([9]) * 32
QUANTITY_KG, NET_KG = 100_000, 31_180
RELEASING = {"state": 4, "quantity": QUANTITY_KG, "owner": 5, "holder": 5}
OPEN, COMPLETE, REVOKED = 1, 2, 3


class Yard(Quay):
    """A bulk bill whose title was surrendered by the consignee and accepted; stocked."""

    def __init__(self, services, *, terminal=True, surrendered_by=5):
        super().__init__(services)
        self.waybill_id = self.port.bill(BULK, boxes=(), negotiable=True)
        answer = self.post("terminal", "/v1/title-keys", {"custody": "platform"})
        self.confirm_key(answer.json["handle"], address_of(TERMINAL_KEY))
        if terminal:
            self.office(SERIALS + 1, "terminal", TERMINAL_KEY)
        holder = self.port.ids["consignee"]
        self.title = self.issue(holder=holder, quantity=QUANTITY_KG).json["title"]
        self.outcome("Issued", quantity=QUANTITY_KG, owner=5, holder=5)
        self.sequence, self.word = 3, RELEASING | dict.fromkeys(("owner", "holder"), surrendered_by)
        self.outcome("SurrenderAccepted", sequence=3, **self.word)
        self.bulk = object.__new__(bulks.Bulk)
        self.bulk.port = self.port
        self.bulk.stock(QUANTITY_KG)

    def tell(self):
        telling.tell_orders(self.services)
        return self.asked()

    def asked(self):
        with reading(self.services.engine) as connection:
            found = tables.open_instructions(connection, self.title)
        return [(one.act.value, one.order_id, dict(one.terms)) for one in found]

    def acts(self):
        return [act for act, _, _ in self.tell()]

    def did(self, happened, order, **fields):
        """What the contract did with an order; the title's word follows."""
        self.sequence += 1
        self.word |= fields
        number = order.pop("number", self.sequence)
        packed = words.OrderWord(terminal=2, issuer=1, number=number, **order).pack()
        self.outcome(happened, order=f"{packed:064x}", sequence=self.sequence, **self.word)

    def ordered(self, quantity_kg):
        """An order that the contract has by now."""
        order = self.bulk.order(quantity_kg)
        ((_, order_id, terms),) = self.tell()
        assert order_id == order.id
        placed = {"authorised": terms["quantity"], "nominee": terms["nominee"]}
        self.terms = placed | {"valid_until": terms["valid_until"], "number": self.sequence + 1}
        before = self.word.get("ordered", 0)
        self.did("Ordered", {"state": OPEN, **self.terms}, ordered=before + quantity_kg)
        assert self.asked() == []
        return order

    def collected(self, total, state=OPEN):
        self.did("Collected", {"state": state, "collected": total, **self.terms}, collected=total)

    def on_chain(self, order):
        with reading(self.services.engine) as connection:
            return order_on_chain(connection, order.id).read

    def alarms(self):
        with reading(self.services.engine) as connection:
            return {alarm.kind for alarm in open_alarms(connection)}


@pytest.fixture
def yard(services, monkeypatch):
    monkeypatch.setattr(bulks, "BILL", BULK)
    return Yard(services)


def refused(work):
    with pytest.raises(RefusedError) as raised:
        work()
    return [reason.code for reason in raised.value.reasons]


def test_the_platforms_own_terminal_is_the_anchors():
    assert SERIALS == TERMINALS + anchoring.TERMINAL


def test_an_order_is_told_once_and_its_goods_go_meanwhile(yard):
    order = yard.bulk.order(80_000)
    assert [yard.acts() for _ in range(3)] == [["order"]] * 3
    yard.bulk.leave(yard.bulk.loaded(order.id))
    assert yard.acts() == ["order"]


def test_what_left_is_told_as_a_total_once_the_contract_has_the_order(yard):
    order = yard.ordered(80_000)
    for _ in range(2):
        yard.bulk.leave(yard.bulk.loaded(order.id))
    ((act, _, terms),) = yard.tell()
    assert (act, terms["number"], terms["total"]) == ("collect", 4, 2 * NET_KG)
    assert len(terms["evidence"]) == 64
    assert yard.acts() == ["collect"]
    yard.collected(2 * NET_KG)
    assert yard.acts() == []
    commitments = yard.services.unit_of_work(SYSTEM)._workshop.commitments
    assert rebuild.check(yard.services.engine, commitments).findings == ()


def test_a_total_that_was_overtaken_is_followed_by_the_next_one(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    assert yard.acts() == ["collect"]
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.collected(NET_KG)
    ((_, _, terms),) = yard.tell()
    assert terms["total"] == 2 * NET_KG


def test_goods_of_an_order_of_the_platforms_own_are_not_taken_for_others(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.tell()
    yard.collected(NET_KG)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    assert yard.bulk.see_order(order.id).facts.delivered_kg == 2 * NET_KG


def test_an_order_that_others_placed_stops_the_goods_here(yard):
    order = yard.ordered(40_000)
    loaded = yard.bulk.loaded(order.id)
    foreign = {"state": OPEN, "authorised": 10_000, "number": 5}
    yard.did("Ordered", foreign, ordered=50_000)
    assert refused(lambda: yard.bulk.leave(loaded)) == ["title-delivered-on-chain"]
    assert "title-delivered-on-chain" in refused(lambda: yard.bulk.order(1_000))


def test_an_order_that_others_collected_on_stops_the_goods_here(yard):
    order = yard.ordered(80_000)
    loaded = yard.bulk.loaded(order.id)
    yard.collected(10_000)
    assert refused(lambda: yard.bulk.leave(loaded)) == ["title-order-collected-elsewhere"]


def test_an_order_that_others_revoked_stops_the_goods_here(yard):
    order = yard.ordered(80_000)
    loaded = yard.bulk.loaded(order.id)
    yard.did("OrderRevoked", {"state": REVOKED, **yard.terms}, ordered=0)
    assert refused(lambda: yard.bulk.leave(loaded)) == ["title-order-ended"]
    assert refused(lambda: yard.bulk.plan(order.id, "苏G54321")) == ["title-order-ended"]
    assert yard.acts() == []


def test_a_cancelled_order_is_told_what_left_and_then_revoked(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.port.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    assert yard.acts() == ["collect"]
    yard.collected(NET_KG)
    assert yard.acts() == ["revoke_order"]
    left = {"state": REVOKED, "collected": NET_KG, **yard.terms}
    yard.did("OrderRevoked", left, ordered=NET_KG)
    assert (yard.acts(), yard.on_chain(order).state) == ([], "revoked")
    assert yard.bulk.order(QUANTITY_KG - NET_KG).facts.ordered_kg == QUANTITY_KG - NET_KG


def test_an_order_cancelled_before_it_was_told_is_not_told(yard):
    order = yard.bulk.order(80_000)
    yard.port.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    assert yard.acts() == []


def test_no_more_is_ordered_than_the_title_is_for(yard):
    yard.word |= {"quantity": 50_000}
    yard.outcome("Unheld", sequence=4, **yard.word)
    assert refused(lambda: yard.bulk.order(50_001)) == ["title-order-beyond"]
    yard.bulk.order(50_000)
    assert refused(lambda: yard.bulk.order(1)) == ["title-order-beyond"]


def test_goods_are_whose_title_was_surrendered_and_no_lot_owners_beside(services, monkeypatch):
    monkeypatch.setattr(bulks, "BILL", BULK)
    yard = Yard(services, surrendered_by=2)
    assert refused(lambda: yard.bulk.order(1_000)) == ["title-of-another"]


def test_what_others_collected_is_not_ordered_once_more_when_its_order_is_cancelled(yard):
    order = yard.ordered(QUANTITY_KG)
    yard.collected(60_000)
    yard.port.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    assert refused(lambda: yard.bulk.order(QUANTITY_KG - 59_999)) == ["title-order-beyond"]
    assert yard.acts() == ["revoke_order"]
    left = {"state": REVOKED, "collected": 60_000, **yard.terms}
    yard.did("OrderRevoked", left, ordered=60_000)
    assert refused(lambda: yard.bulk.order(QUANTITY_KG - 59_999)) == ["title-order-beyond"]
    assert yard.bulk.order(QUANTITY_KG - 60_000).facts.ordered_kg == 40_000


def test_what_others_collected_stops_trucks_for_which_nothing_is_left(yard):
    order = yard.ordered(40_000)
    yard.port.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    loaded = yard.bulk.loaded(yard.bulk.order(QUANTITY_KG).id)
    yard.collected(40_000, COMPLETE)
    assert refused(lambda: yard.bulk.leave(loaded)) == ["title-order-beyond"]


@pytest.mark.parametrize("quantities", [(40_000,), (25_000, 15_000)])
def test_no_more_leaves_than_the_titles_that_took_anothers_place_are_for(yard, quantities):
    parent = yard.title
    yard.outcome("Replaced", sequence=4, **yard.word | {"state": 9})
    for number, quantity in enumerate(quantities):
        yard.title, fields = f"{number:02x}" * 32, RELEASING | {"quantity": quantity}
        yard.outcome("Issued", parents=(parent,), **fields | {"state": 1})
        assert refused(lambda: yard.bulk.order(1_000))[0] == "title-not-surrendered"
        yard.outcome("SurrenderAccepted", sequence=3, **fields)
    assert refused(lambda: yard.bulk.order(40_001)) == ["title-order-beyond"]
    yard.bulk.leave(yard.bulk.loaded(yard.bulk.order(40_000).id))
    assert refused(lambda: yard.bulk.order(1)) == ["title-order-beyond"]


def test_goods_leave_by_no_haulier_but_the_one_that_the_contract_names(yard):
    order = yard.ordered(80_000)
    loaded = yard.bulk.loaded(order.id)
    yard.did("Renominated", {"state": OPEN, **yard.terms | {"nominee": 77}})
    assert refused(lambda: yard.bulk.leave(loaded)) == ["title-order-renominated"]
    assert refused(lambda: yard.bulk.plan(order.id, "苏G54321")) == ["title-order-renominated"]


def test_nothing_is_ordered_before_carrier_and_terminal_have_their_offices(services, monkeypatch):
    monkeypatch.setattr(bulks, "BILL", BULK)
    yard = Yard(services, terminal=False)
    assert refused(lambda: yard.bulk.order(1_000)) == ["title-order-without-office"]
    yard.port.party("administration", bulks.Role.ADMINISTRATOR)
    body = {"party": yard.port.ids["terminal"], "terminal": True}
    answer = yard.post("administration", "/v1/title-offices", body)
    assert (answer.status_code, answer.json["office"]) == (201, SERIALS + 1)
    assert refused(lambda: yard.bulk.order(1_000)) == ["title-order-without-office"]
    wrong = {"party": yard.port.ids["carrier"], "terminal": True}
    said(yard.post("administration", "/v1/title-offices", wrong), 409, "title-office-role")


def test_while_the_title_is_held_only_a_revocation_is_told(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.outcome("Held", sequence=5, **yard.word, holds=1)
    assert yard.acts() == []
    yard.outcome("Unheld", sequence=6, **yard.word)
    assert yard.acts() == ["collect"]


def test_a_title_that_cannot_be_told_of_is_an_alarm_and_stops_no_other(yard, monkeypatch):
    titles, told = ["ab" * 32, yard.title], telling.tell
    yard.bulk.order(80_000)
    monkeypatch.setattr(telling, "bulk_titles", lambda _connection: titles)
    monkeypatch.setattr(
        telling, "tell", lambda title, uow: told(title, uow) if title == yard.title else 1 // 0
    )
    assert (yard.acts(), "title-order" in yard.alarms()) == (["order"], True)


def test_nothing_is_told_while_releases_are_stopped(yard):
    yard.bulk.order(80_000)
    with writing(yard.services.engine) as connection:
        ledger_state.stop_releases(connection, "roots differ", since=yard.port.now())
    assert yard.acts() == []


def test_what_the_contract_refused_is_not_asked_for_again_at_once(yard, monkeypatch):
    yard.bulk.order(80_000)
    yard.tell()
    with reading(yard.services.engine) as connection:
        (asked,) = tables.open_instructions(connection, yard.title)

    def work(uow):
        uow.lock(f"title:{yard.title}")
        record_refusal(uow, asked, "Paused", sent=True, block_number=9)

    yard.port.do("system", work)
    assert yard.acts() == []
    monkeypatch.setattr(actions, "AGAIN", timedelta(0))
    assert yard.acts() == ["order"]


def test_what_its_signer_withdrew_is_not_asked_for_again_at_once(yard):
    yard.bulk.order(80_000)
    yard.tell()
    with reading(yard.services.engine) as connection:
        (asked,) = tables.open_instructions(connection, yard.title)
    path = f"/v1/title-instructions/{asked.id}/withdrawal"
    assert yard.post("carrier", path, {"reason": "not now"}).status_code == 201
    assert yard.acts() == []


def test_what_nobody_can_sign_for_is_an_alarm_and_is_told_afterwards(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    handle = SERIALS + 1
    key = events.OfficeConfirmed(office=handle, key="0x" + "77" * 20, block_number=9)
    yard.record(f"office:{handle}", key)
    assert (yard.acts(), "title-order" in yard.alarms()) == ([], True)
    kept = events.OfficeConfirmed(office=handle, key=address_of(TERMINAL_KEY), block_number=10)
    yard.record(f"office:{handle}", kept)
    assert yard.acts() == ["collect"]


def test_a_suspended_terminal_signs_nothing_until_it_is_verified_again(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.suspended("terminal")
    assert (yard.acts(), "title-order" in yard.alarms()) == ([], True)


def test_after_a_foreclosure_only_what_left_before_is_told(yard):
    left, stays = yard.bulk.order(40_000), yard.bulk.order(30_000)
    yard.bulk.leave(yard.bulk.loaded(left.id))
    yard.word |= {"owner": 3, "holder": 3}
    yard.outcome("Foreclosed", sequence=4, **yard.word)
    ((act, order_id, terms),) = yard.tell()
    assert (act, order_id, terms["quantity"]) == ("order", left.id, NET_KG)
    assert order_id != stays.id


def test_an_open_order_keeps_no_pledgee_from_foreclosing(yard):
    order = yard.ordered(80_000)
    loaded = yard.bulk.loaded(order.id)
    yard.outcome("NoticeGiven", sequence=5, **yard.word, flags=9)
    assert yard.acts() == ["revoke_order"]
    yard.sequence = 5
    yard.did("OrderRevoked", {"state": REVOKED, **yard.terms}, ordered=0)
    assert (yard.acts(), yard.on_chain(order).state) == ([], "revoked")
    assert "title-order-ended" in refused(lambda: yard.bulk.leave(loaded))


def test_an_order_that_its_carrier_leaves_unsigned_keeps_no_pledgee_from_its_notice(yard):
    pledge = f"{86_400 << 32 | 3:064x}"
    yard.outcome("PledgeMade", second=pledge, **yard.word | {"sequence": 4, "flags": 1})
    with writing(yard.services.engine) as connection:
        connection.exec_driver_sql("UPDATE titles_party SET custody = 'own' WHERE handle = 1")
    yard.bulk.order(80_000)
    assert yard.acts() == ["order"]
    assert yard.ask("bank", "give_notice").status_code == 201
    assert sorted(yard.acts()) == ["give_notice", "order"]
    said(yard.ask("bank", "discharge"), 409, "title-instruction-open")


def test_what_left_and_was_not_told_before_a_notice_is_an_alarm_until_it_is_withdrawn(yard):
    """The contract takes no collection then, and without it no order may be revoked."""
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    yard.outcome("NoticeGiven", sequence=5, **yard.word, flags=9)
    assert (yard.acts(), "title-order" in yard.alarms()) == ([], True)
    yard.outcome("NoticeWithdrawn", sequence=6, **yard.word, flags=1)
    assert yard.acts() == ["collect"]


def test_nobody_asks_for_orders_and_collections_by_hand(yard):
    for who, act in (("agent", "order"), ("terminal", "collect"), ("carrier", "revoke_order")):
        said(yard.ask(who, act), 409, "title-order-by-platform")


def test_a_terminal_sees_the_titles_that_have_orders_at_it(yard):
    path = f"/v1/titles/{yard.title}"
    assert yard.get("terminal", path).status_code == 404
    yard.ordered(80_000)
    assert yard.get("terminal", path).json["ordered"] == 80_000


def test_a_title_is_closed_by_its_issuer_when_all_is_told(yard):
    order = yard.ordered(96_000)
    for _ in range(3):
        yard.bulk.leave(yard.bulk.loaded(order.id))
    closing = {"act": "close_with_tolerance"}
    path = f"/v1/titles/{yard.title}/instructions"
    said(yard.post("agent", path, closing), 409, "title-orders-not-told", "title-beyond-tolerance")
    assert yard.post("haulier", path, closing).status_code == 404


def test_nothing_leaves_while_a_title_is_being_closed(yard):
    """What left after that could never be told: the contract takes nothing of a closed title."""
    told = {"ordered": 96_000, "collected": 96_000}
    yard.ordered(96_000)
    yard.did("Collected", {"state": COMPLETE, "collected": 96_000, **yard.terms}, **told)
    with writing(yard.services.engine) as connection:
        connection.exec_driver_sql("UPDATE release_order SET delivered_kg = ordered_kg")
    rest = yard.bulk.order(4_000)
    yard.port.do("consignee", lambda uow: bulk_actions.cancel_order(rest.id, uow))
    answer = yard.post(
        "agent", f"/v1/titles/{yard.title}/instructions", {"act": "close_with_tolerance"}
    )
    assert answer.status_code == 201
    assert refused(lambda: yard.bulk.order(4_000)) == ["title-being-closed"]
    with yard.services.unit_of_work(SYSTEM, reading=True) as uow:
        asked = tables.instruction(uow.connection, answer.json["id"])
        assert standing.sending_findings(uow, asked) == []
    with writing(yard.services.engine) as connection:
        connection.exec_driver_sql(
            f"UPDATE release_order SET state = 'active', ordered_kg = 9 WHERE id = '{rest.id}'"
        )
    with yard.services.unit_of_work(SYSTEM, reading=True) as uow:
        found = standing.sending_findings(uow, asked)
    assert [one.code for one in found] == ["title-goods-changed"]


def test_a_bill_of_boxes_is_not_told_of(services, monkeypatch):
    monkeypatch.setattr(bulks, "BILL", BULK)
    yard = Yard(services)
    boxed = yard.port.bill("EOCLYG26110078", negotiable=True)
    title = yard.issue(waybillId=boxed).json["title"]
    yard.title = title
    yard.outcome("Issued")
    with reading(services.engine) as connection:
        found = tables.find_title(connection, title)
        assert actions.kilogram_title(connection, found.bill) is None


def test_s70_a_kill_before_what_was_found_is_stored_loses_and_doubles_nothing(yard):
    order = yard.ordered(80_000)
    yard.bulk.leave(yard.bulk.loaded(order.id))
    for _ in range(2):
        with yard.services.unit_of_work(SYSTEM) as uow:
            actions.tell(yard.title, uow)  # and the process is gone
        assert yard.asked() == []
    for _ in range(2):
        ((act, order_id, terms),) = yard.tell()
        assert (act, order_id, terms["total"]) == ("collect", order.id, NET_KG)
