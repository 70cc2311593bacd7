"""Judging papers and bundles, apart from the page."""

import dataclasses

from ledger.succession import History
from tests.browser.scene import OTHER_BILL
from yidan.documents import actions as documents
from yidan.documents.tables import about
from yidan.kernel.events import SYSTEM
from yidan.release.actions import cancellations
from yidan.store.engine import reading
from yidan.web import verify
from yidan.web.verify import Outcome


def judged(scene, data):
    with reading(scene.services.engine) as connection:
        return verify.check_upload(data, connection, scene.services.settings)


def test_without_a_policy_nothing_is_checked(scene, tmp_path):
    settings = dataclasses.replace(scene.services.settings, var=tmp_path)
    with reading(scene.services.engine) as connection:
        data = verify.public_bundle(scene.order.id, connection, scene.services.settings)
        result = verify.check_upload(data, connection, settings)
        assert verify.public_bundle(scene.order.id, connection, settings) is None
    assert result.outcome is Outcome.NOT_CHECKED


def test_a_bundle_that_proves_says_what_it_shows(scene):
    with reading(scene.services.engine) as connection:
        data = verify.public_bundle(scene.order.id, connection, scene.services.settings)
    result = verify.check_bundle(data, History(scene.policy))
    assert result.outcome is Outcome.VALID
    shown = dict(result.shown)
    assert shown["/content/number"] == "DO-LYG-26-118820"
    assert set(shown) <= verify.PUBLIC_PATHS


def test_a_void_paper_is_invalid_however_good_its_bytes(scene):
    body = scene.port.look("agent", lambda uow: documents.look_at(scene.order.id, uow)).body
    issued = scene.port.do(
        "agent",
        lambda uow: documents.issue(
            uow,
            kind="delivery_order",
            body={**body, "deliveryOrderReference": "DO-VOID-1"},
            about="release:none",
            involved={},
        ),
    )
    documents.render_pending(issued.document_id, scene.services)
    url = documents.rules.verify_url(scene.services.settings.public_url, issued.document_id)
    pdf = scene.services.renderer.render("delivery_order", issued.version, {}, url)
    assert judged(scene, pdf).outcome is Outcome.VALID
    assert "not signed yet" in judged(scene, pdf).checked[-1][0]
    scene.port.do("agent", lambda uow: documents.void(uow, issued.document_id, why="typing error"))
    result = judged(scene, pdf)
    assert result.outcome is Outcome.INVALID
    assert result.paper.standing == ("void", "已作废")
    with reading(scene.services.engine) as connection:
        by_code = verify.look_up(issued.document_id, connection, scene.services.settings)
    assert by_code.outcome is Outcome.INVALID


def test_the_state_of_a_release_shows_on_its_paper(scene):
    from tests.browser.scene import OTHER
    from tests.port import VESSEL
    from yidan.release.actions import visits

    command = visits.ExpectVisits(
        vessel_imo_number=VESSEL,
        voyage="063E",
        un_location_code="CNLYG",
        boxes=(
            visits.ListedBox(
                equipment_reference=OTHER,
                iso_equipment_code="45G1",
                transport_document_reference=OTHER_BILL,
            ),
        ),
    )
    listed = scene.port.do("terminal", lambda uow: visits.expect_visits(command, uow))
    (release_id,) = listed.acknowledged_release_ids
    with scene.services.unit_of_work(SYSTEM, reading=True) as uow:
        (paper,) = about(uow.connection, f"release:{release_id}")
    scene.port.do("agent", lambda uow: cancellations.block_release(release_id, "unpaid", uow))
    with reading(scene.services.engine) as connection:
        result = verify.look_up(paper.id, connection, scene.services.settings)
    assert result.outcome is Outcome.INVALID
    assert result.paper.standing == ("blocked", "已冻结")
