"""Documents on both databases: issued valid, rendered exactly once, seen by their parties only."""

import pytest

from yidan.documents import actions, kinds
from yidan.documents.events import DocumentRendered
from yidan.documents.rules import DocumentState, json_sha256
from yidan.kernel.errors import InvalidError, InvalidTransitionError, NotFoundError
from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.store import edge, outbox

CARRIER = Actor(party="carrier-1", user="clerk")
CONSIGNEE = Actor(party="consignee-1")
STRANGER = Actor(party="stranger")
BODY = kinds.find("delivery_order").examples["containers"]


def issue(house, body=BODY):
    return edge.run(
        house,
        CARRIER,
        lambda uow: actions.issue(
            uow,
            kind="delivery_order",
            body=body,
            about="release:1",
            involved={"carrier-1": Role.CARRIER, "consignee-1": Role.CONSIGNEE},
        ),
    )


def look(house, actor, document_id):
    with house.unit_of_work(actor, reading=True) as uow:
        return actions.look_at(document_id, uow)


def test_an_issued_document_commits_its_json_and_asks_to_be_rendered(house):
    issued = issue(house)
    view = look(house, CONSIGNEE, issued.document_id)
    assert view.body == BODY
    assert view.document.state is DocumentState.ISSUED
    assert view.document.number == BODY["deliveryOrderReference"]
    assert view.document.json_sha256 == json_sha256(BODY)
    with house.unit_of_work(SYSTEM, reading=True) as uow:
        (errand,) = outbox.pending(uow.connection, "render", now=uow.now)
    assert errand.subject == f"document:{issued.document_id}"


def test_an_invalid_body_is_refused_with_every_finding_and_leaves_nothing(house):
    body = {**BODY, "totals": {}, "freightPayment": "LATER"}
    with pytest.raises(InvalidError) as refused:
        issue(house, body)
    assert {reason.at for reason in refused.value.reasons} >= {
        "/freightPayment",
        "/totals/grossMassKg",
        "/totals/packageQuantity",
    }
    with house.unit_of_work(CARRIER, reading=True) as uow:
        assert actions.list_documents(uow) == []


def test_a_document_is_rendered_once_however_often_the_job_runs(house):
    issued = issue(house)
    for _ in range(3):
        actions.render_pending(issued.document_id, house)
    assert house.renderer.rendered == [
        ("delivery_order", 1, f"https://port.example/verify/{issued.document_id}")
    ]
    document = look(house, CARRIER, issued.document_id).document
    (pdf,) = house.blobs.kept.values()
    assert document.state is DocumentState.RENDERED
    assert document.pdf_size == len(pdf)
    assert list(house.blobs.kept) == [document.pdf_sha256]


def test_the_first_of_two_workers_wins_and_the_second_changes_nothing(house):
    issued = issue(house)
    inner = house.renderer.render

    def overtaken(*args):
        house.renderer.render = inner
        actions.render_pending(issued.document_id, house)
        return inner(*args)

    house.renderer.render = overtaken
    actions.render_pending(issued.document_id, house)
    with house.unit_of_work(SYSTEM, reading=True) as uow:
        history = uow.history(f"document:{issued.document_id}")
    assert [type(one.event) for one in history].count(DocumentRendered) == 1
    assert history[-1].actor == SYSTEM


def test_a_crash_after_the_blob_is_stored_is_harmless(house, monkeypatch):
    issued = issue(house)
    with monkeypatch.context() as patch:
        patch.setattr(edge, "run", lambda *_args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            actions.render_pending(issued.document_id, house)
    assert look(house, CARRIER, issued.document_id).document.state is DocumentState.ISSUED
    actions.render_pending(issued.document_id, house)
    assert look(house, CARRIER, issued.document_id).document.state is DocumentState.RENDERED


def test_the_pdf_can_be_asked_for_once_it_is_there(house):
    issued = issue(house)

    def ask():
        with house.unit_of_work(CONSIGNEE, reading=True) as uow:
            return actions.pdf_of(issued.document_id, uow)

    with pytest.raises(NotFoundError) as early:
        ask()
    assert [r.code for r in early.value.reasons] == ["document-not-rendered-yet"]
    actions.render_pending(issued.document_id, house)
    assert ask() in house.blobs.kept


def test_a_voided_document_is_not_rendered_and_not_voided_again(house):
    issued = issue(house)

    def void(uow):
        actions.void(uow, issued.document_id, why="replaced")

    edge.run(house, CARRIER, void)
    actions.render_pending(issued.document_id, house)
    assert house.renderer.rendered == []
    with (
        house.unit_of_work(CARRIER, reading=True) as uow,
        pytest.raises(NotFoundError) as asked,
    ):
        actions.pdf_of(issued.document_id, uow)
    assert [r.code for r in asked.value.reasons] == ["document-voided-before-rendering"]
    with pytest.raises(InvalidTransitionError):
        edge.run(house, CARRIER, void)


def test_a_stranger_sees_neither_the_document_nor_that_it_is_there(house):
    issued = issue(house)
    with house.unit_of_work(STRANGER, reading=True) as uow:
        assert actions.list_documents(uow) == []
        for wanted in (issued.document_id, "no-such-document"):
            with pytest.raises(NotFoundError) as refused:
                actions.look_at(wanted, uow)
            assert [r.code for r in refused.value.reasons] == ["not-found"]


def test_the_list_goes_on_behind_the_last_one_seen(house):
    ids = sorted((issue(house).document_id for _ in range(3)), reverse=True)
    with house.unit_of_work(CARRIER, reading=True) as uow:
        first = actions.list_documents(uow, limit=2)
        rest = actions.list_documents(uow, before=first[-1].id, limit=2)
        assert [d.id for d in first + rest] == ids
        assert actions.list_documents(uow, about="release:2") == []


def test_a_document_that_is_not_there_is_not_rendered(house):
    with pytest.raises(NotFoundError):
        actions.render_pending("no-such-document", house)


def test_new_numbers_differ(house):
    with house.unit_of_work(CARRIER) as uow:
        assert actions.new_number(uow, "EIR") != actions.new_number(uow, "EIR")
