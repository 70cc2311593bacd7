"""Which things one can have proved, by whom, and in which form."""

import pytest

from ledger import bundle, bundle_compact
from ledger.verify import Outcome, shown_fields, verify_bundle
from tests.browser.scene import ORE_BILL, Scene
from tests.portal import Portal
from yidan.kernel.reasons import Role
from yidan.proof import bundles
from yidan.release.bulk import actions as bulk
from yidan.release.bulk.tables import pledges_of
from yidan.store.engine import reading

FORMS = {"json": "application/json", "compact": "application/octet-stream", "text": "text/plain"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("scene") / "var")
    work = bulk.pledge_lot
    for quantity in (1_000, 2_000):
        made.port.do(
            "consignee",
            lambda uow, kg=quantity: work(made.lot_id, made.port.ids["bank"], kg, uow),
        )
    with reading(made.services.engine) as connection:
        last = pledges_of(connection, made.lot_id)[-1]
    made.port.do("bank", lambda uow: bulk.discharge_pledge(last.id, 500, uow))
    made.log_grows()
    yield made
    made.close()


@pytest.fixture(scope="module")
def ask(scene):
    """Ask for a proof as a party's machine."""
    portal = Portal(scene.services)
    machines = {}

    def ask(who, path):
        if who not in machines:
            machines[who] = portal.machine(Role.TERMINAL, party=scene.port.ids[who])
        return machines[who].get(f"/v1/proofs/{path}")

    return ask


def proved(scene, answer):
    assert answer.status_code == 200, answer.json
    verdict = verify_bundle(answer.data, scene.policy)
    assert verdict.outcome is Outcome.VALID
    return [dict(shown_fields(event)) for event in verdict.bundle.events]


@pytest.fixture(scope="module")
def pledges(scene):
    with reading(scene.services.engine) as connection:
        return pledges_of(connection, scene.lot_id)


def test_everything_of_business_can_be_proved_to_a_party_of_it(scene, ask):
    """Every subject that anybody is a party to, by one of its parties."""
    with reading(scene.services.engine) as connection:
        rows = connection.exec_driver_sql(
            "SELECT subject, min(party_id) FROM event JOIN parties_involvement USING (subject)"
            " GROUP BY subject"
        ).all()
    names = {party: name for name, party in scene.port.ids.items()}
    asked = {}
    for subject, party in rows:
        kind, _, identifier = subject.partition(":")
        if kind not in asked:
            asked[kind] = proved(scene, ask(names[party], f"{kind}/{identifier}"))
    assert {"release", "right", "document", "lot", "order", "hold", "bill", "waybill"} <= set(asked)
    assert all(asked.values())


def test_a_pledge_is_proved_alone_and_to_those_it_binds(scene, ask, pledges):
    assert len(pledges) == 3
    for pledge in pledges[:-1]:
        for who in ("consignee", "terminal", "bank"):
            (event,) = proved(scene, ask(who, f"pledge/{pledge.id}"))
            assert event["/type"] == "release.lot_pledged.v1"
            assert event["/content/pledge_id"] == pledge.id
        for who in ("haulier", "stranger"):
            assert ask(who, f"pledge/{pledge.id}").status_code == 404
    assert ask("bank", "pledge/01930000-0000-7000-8000-000000000000").status_code == 404


def test_a_discharge_belongs_to_its_pledge(scene, ask, pledges):
    first, second = proved(scene, ask("bank", f"pledge/{pledges[-1].id}"))
    assert first["/type"] == "release.lot_pledged.v1"
    assert second["/type"] == "release.pledge_discharged.v1"
    assert second["/content/quantity_kg"] == 500


def test_events_of_single_types_are_proved(scene, ask):
    path = f"lot/{scene.lot_id}?type=release.lot_stocked.v1"
    (event,) = proved(scene, ask("terminal", path))
    assert event["/content/transport_document_reference"] == ORE_BILL
    assert ask("terminal", f"lot/{scene.lot_id}?type=release.nothing.v1").status_code == 404
    assert ask("terminal", f"lot/{scene.lot_id}?type=Lot").status_code == 422
    assert ask("terminal", "vessel-visit/nobody").status_code == 404


def test_every_form_is_the_same_bundle(scene, ask):
    answers = {form: ask("terminal", f"lot/{scene.lot_id}?form={form}") for form in FORMS}
    assert {form: answer.mimetype for form, answer in answers.items()} == FORMS
    assert len({bundle.encode(bundle_compact.read(a.data)) for a in answers.values()}) == 1
    assert ask("terminal", f"lot/{scene.lot_id}?form=xml").status_code == 422


def test_a_proof_too_long_for_the_compact_form_says_so(scene, ask, monkeypatch):
    monkeypatch.setattr(bundle_compact, "MAX_COMPACT_SIZE", 100)
    answer = ask("terminal", f"lot/{scene.lot_id}?form=compact")
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json["reasons"]] == [bundles.TOO_LONG().code]
    assert ask("terminal", f"lot/{scene.lot_id}").status_code == 200
