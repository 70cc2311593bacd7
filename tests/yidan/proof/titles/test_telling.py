"""Bulk orders on a real node: ordered, collected in totals, revoked, closed; fsck agrees (S70)."""

from types import SimpleNamespace

import pytest

from tests.harbour import Harbour
from tests.yidan.release.bulk.test_actions import BILL, Bulk
from yidan.kernel.errors import RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import fsck, setup
from yidan.proof.titles import telling
from yidan.release.bulk import actions as bulk_actions
from yidan.release.titles import tables
from yidan.release.titles.actions import instructions as acts
from yidan.release.titles.actions import keys, looking
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.orders.tables import order_on_chain
from yidan.release.titles.rules.instructing import InstructionState
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing

pytestmark = pytest.mark.integration

QUANTITY_KG, NET_KG = 62_500, 31_180
CONFIRMED = (InstructionState.CONFIRMED, "")


@pytest.fixture(scope="module")
def quay(tmp_path_factory):
    """A bulk bill whose title was surrendered; the goods are stocked."""
    harbour = Harbour(tmp_path_factory.mktemp("bulk"))
    port = harbour.port.people()
    port.party("administration", Role.ADMINISTRATOR)
    harbour.until(lambda: setup.read_policy(harbour.settings).chain is not None)
    for who in ("carrier", "consignee", "terminal"):
        named = keys.NameKey(custody=Custody.PLATFORM)
        harbour.do(who, lambda uow, named=named: keys.name_key(named, harbour.desk, uow))
    give(harbour, keys.GiveOffice(party=port.ids["carrier"]))
    waybill_id = port.bill(BILL, boxes=(), negotiable=True)
    command = acts.IssueTitle(
        waybill_id=waybill_id, holder=port.ids["consignee"], quantity=QUANTITY_KG
    )
    harbour.until(lambda: harbour.key("consignee"))
    harbour.until(lambda: offices_kept(harbour))
    asked = harbour.do("agent", lambda uow: acts.issue_title(command, harbour.desk, uow))
    assert harbour.settled(asked) == CONFIRMED
    title = asked.instruction.title
    bulk = object.__new__(Bulk)
    bulk.port = port
    bulk.stock(QUANTITY_KG)
    for who, act in (("consignee", Act.SURRENDER), ("agent", Act.ACCEPT_SURRENDER)):
        assert harbour.settled(harbour.ask(who, title, act)) == CONFIRMED
    yield SimpleNamespace(harbour=harbour, bulk=bulk, title=title)
    harbour.close()


def give(harbour, office):
    harbour.do("administration", lambda uow: keys.give_office(office, uow))


def offices_kept(harbour):
    with reading(harbour.services.engine) as connection:
        return all(one.key for one in tables.offices(connection) if one.party_id)


def told(harbour, order_id):
    with reading(harbour.services.engine) as connection:
        found = order_on_chain(connection, order_id)
    return found.read if found else None


def findings(harbour):
    return fsck.check(harbour.services.engine, harbour.settings).findings


def test_what_leaves_by_the_platform_is_ordered_and_collected_on_the_contract(quay, monkeypatch):
    harbour, bulk = quay.harbour, quay.bulk
    terminal = keys.GiveOffice(party=harbour.port.ids["terminal"], terminal=True)
    with pytest.raises(RefusedError, match="title-order-without-office"):
        bulk.order(62_400)
    give(harbour, terminal)
    harbour.until(lambda: offices_kept(harbour))
    with pytest.raises(RefusedError, match="title-order-beyond"):
        bulk.order(QUANTITY_KG + 1)
    order = bulk.order(62_400)
    bulk.leave(bulk.loaded(order.id))  # the gate does not wait for the chain
    harbour.until(lambda: told(harbour, order.id))
    assert told(harbour, order.id).authorised == 62_400
    harbour.until(lambda: told(harbour, order.id).collected == NET_KG)
    assert harbour.title(quay.title).collected == NET_KG
    terminal_sees = harbour.port.look("terminal", lambda uow: looking.see_title(quay.title, uow))
    assert terminal_sees.collected == NET_KG

    # While nothing is told, two trucks count once: what is told is a total.
    with monkeypatch.context() as still:
        still.setattr("yidan.proof.titles.relaying.tell_orders", lambda _services: None)
        bulk.leave(bulk.loaded(order.id, gross_kg=46_480))
        for _ in range(2):
            harbour.round()
        assert told(harbour, order.id).collected == NET_KG
    with pytest.raises(RefusedError, match="title-orders-not-told"):
        harbour.ask("agent", quay.title, Act.CLOSE_WITH_TOLERANCE)
    harbour.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    harbour.until(lambda: told(harbour, order.id).state == "revoked")
    assert told(harbour, order.id).collected == 2 * NET_KG
    title = harbour.title(quay.title)
    assert (title.ordered, title.collected) == (2 * NET_KG, 2 * NET_KG)
    assert findings(harbour) == ()

    # A second order: it is asked for once however often it is looked at, and is not the first one.
    again = bulk.order(100)
    for _ in range(3):
        telling.tell_orders(harbour.services)
    with reading(harbour.services.engine) as connection:
        asked = tables.open_instructions(connection, quay.title)
    assert [(one.act, one.order_id) for one in asked] == [(Act.ORDER, again.id)]
    harbour.until(lambda: told(harbour, again.id))
    harbour.do("consignee", lambda uow: bulk_actions.cancel_order(again.id, uow))
    harbour.until(lambda: told(harbour, again.id).state == "revoked")

    # A shortage of 140 kg in 62,500: the carrier closes the title.
    closing = harbour.ask("agent", quay.title, Act.CLOSE_WITH_TOLERANCE)
    assert harbour.settled(closing) == CONFIRMED
    assert harbour.title(quay.title).state == "released"
    with pytest.raises(RefusedError, match="title-delivered-on-chain"):
        bulk.order(100)
    assert findings(harbour) == ()

    # What the rows say of an order is held to the contract and to what left.
    with writing(harbour.services.engine) as connection:
        connection.exec_driver_sql(
            "UPDATE release_order SET delivered_kg = delivered_kg - 1, ordered_kg = ordered_kg - 1"
            f" WHERE id = '{order.id}'"
        )
        connection.exec_driver_sql(f"UPDATE titles_order SET word = '{1:064x}' WHERE number = 99")
    (wrong,) = findings(harbour)
    assert f"{2 * NET_KG} kg collected, here {2 * NET_KG - 1} kg left" in wrong
    with reading(harbour.services.engine) as connection:
        assert "title-order" not in {alarm.kind for alarm in open_alarms(connection)}
