"""A bill's history is whole, holds no other bill's, and each event of it is checked anew."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from ledger.verify import Outcome, verify_bundle
from tests.port import BOX, Port, box_number
from yidan.cli import main
from yidan.gate import events as gate
from yidan.kernel.errors import NotFoundError
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.proof import audit as audits
from yidan.proof import audit_page
from yidan.proof.audit import Finding
from yidan.release.events import HoldLifted, HoldPlaced
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.store import erasing
from yidan.store.engine import database_now

BILL = "EOCLYG26110042"
OTHER = "EOCLYG26110099"
OTHER_BOX = box_number(305439)
GRANTED = "SELECT event_id FROM event WHERE type = 'release.granted.v1'"


@pytest.fixture
def port(house):
    """A bill and another one, both with a box that was listed and granted."""
    services = house.services
    found = Port(SimpleNamespace(open=services.unit_of_work, engine=services.engine)).people()
    for bill, box in ((BILL, BOX), (OTHER, OTHER_BOX)):
        found.bill(bill, boxes=(box,))
        found.listed(boxes=(box,), number=bill)
    found.granted()
    return found


def record(house, subject, happened):
    with house.services.unit_of_work(Actor(party="customs")) as uow:
        event_id = uow.record(subject, happened, reason="inspection").event_id
        uow.commit()
    return event_id


def held(hold_id, scope, key):
    kind = HoldKind.CUSTOMS
    return HoldPlaced(hold_id=hold_id, scope=scope, key=key, kind=kind, placed_role=Role.CUSTOMS)


def turned_away(transaction_id, box):
    """A truck that came for a box and had no right to it."""
    (sample,) = [one for one in gate.SAMPLES if isinstance(one, gate.Rejected)]
    return replace(
        sample,
        transaction_id=transaction_id,
        device_transaction_id=transaction_id,
        right_id="",
        truck_visit_id="",
        capture=replace(sample.capture, equipment_reference=box),
    )


def audit(house, bill=BILL):
    with house.reading() as connection:
        return audits.audit(
            connection, house.trust, house.settings.log_origin, bill, database_now(connection)
        )


def kinds(found):
    return {line.subject.partition(":")[0] for line in found.lines}


def test_a_history_holds_all_that_is_about_the_bill_and_nothing_of_another(house, port):
    house.log()
    found = audit(house)
    assert {"waybill", "visit", "release", "right"} <= kinds(found)
    types = [line.type for line in found.lines]
    assert types.count("waybill.submitted.v1") == 1
    assert types.count("release.granted.v1") == 1
    assert found.is_sound
    assert found.counts[Finding.PROVED] == len(found.lines)
    assert len(found.witnesses) == 3
    other = audit(house, OTHER)
    mine = {line.subject for line in found.lines}
    assert {line.subject for line in other.lines} & mine <= {
        line.subject for line in found.lines if line.subject.startswith("vessel-visit:")
    }
    assert not any(OTHER_BOX in json.dumps(dict(line.content)) for line in found.lines
                   if not line.subject.startswith("vessel-visit:"))  # fmt: skip
    actors = {line.actor for line in found.lines}
    assert not actors & set(port.ids.values())  # names, not ids


def test_a_hold_on_the_box_and_a_truck_turned_away_belong_to_it_from_its_beginning(house, port):
    record(house, "hold:h1", held("h1", HoldScope.CONTAINER, BOX))
    record(house, "hold:h1", HoldLifted(hold_id="h1"))
    record(house, "hold:h2", held("h2", HoldScope.CONTAINER, OTHER_BOX))
    record(house, "hold:h3", held("h3", HoldScope.BL, BILL))
    record(house, "gate:g1", turned_away("g1", BOX))
    record(house, "gate:g2", turned_away("g2", OTHER_BOX))
    subjects = [line.subject for line in audit(house).lines]
    assert subjects.count("hold:h1") == 2
    assert "hold:h3" in subjects
    assert "gate:g1" in subjects
    assert not {"hold:h2", "gate:g2"} & set(subjects)


def test_an_event_waits_until_witnesses_have_seen_it(house, port):
    found = audit(house)
    assert found.counts[Finding.WAITING] == len(found.lines)
    assert (found.size, found.witnesses, found.bundle) == (0, (), b"")
    house.log()
    record(house, "hold:h1", held("h1", HoldScope.BL, BILL))
    assert audit(house).counts[Finding.WAITING] == 1


def test_the_bundle_inside_verifies_on_its_own(house, port):
    house.log()
    found = audit(house)
    value = json.loads(audits.as_json_text(found))
    verdict = verify_bundle(value["bundle"].encode(), house.policy)
    assert verdict.outcome is Outcome.VALID
    assert [event.event_id for event in verdict.bundle.events] == [
        event["eventId"] for event in value["events"]
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor_party = 'thief' WHERE type = 'release.granted.v1'",
        f"UPDATE event_content SET reason = 'other' WHERE event_id IN ({GRANTED})",
        f"DELETE FROM event_content WHERE event_id IN ({GRANTED})",
        "UPDATE log_tile SET data = zeroblob(length(data)) WHERE level = 0",
    ],
)
def test_a_changed_event_is_named(house, port, statement):
    house.log()
    house.change(statement)
    found = audit(house)
    assert not found.is_sound
    changed = {line.type for line in found.lines if line.finding is Finding.CHANGED}
    assert "release.granted.v1" in changed


def test_what_was_erased_is_shown_as_such(house, port):
    event_id = record(house, "gate:g1", turned_away("g1", BOX))
    house.log()
    with house.services.unit_of_work(Actor(party="customs")) as uow:
        erasing.erase(event_id, "request 19", uow)
        uow.commit()
    house.log()
    found = audit(house)
    assert found.is_sound
    (line,) = [line for line in found.lines if line.finding is Finding.ERASED]
    assert (line.event_id, line.content) == (event_id, {})
    assert verify_bundle(found.bundle, house.policy).outcome is Outcome.VALID


def test_a_bill_that_nothing_names_is_not_there(house, port):
    with pytest.raises(NotFoundError) as refused:
        audit(house, "NOBODY")
    assert "NOBODY" in refused.value.reasons[0].text("zh")


def test_an_event_type_that_is_unknown_stands_under_its_name():
    assert audits.meaning_of("gone.since.v1") == "gone.since.v1"


def test_the_command_answers_in_text_in_json_and_as_pdf(house, port, tmp_path, request):
    house.log()
    fonts = house.settings.var / "fonts"
    fonts.symlink_to(request.config.cache.mkdir("fonts"))
    environment = {"YIDAN_VAR": str(house.settings.var)}

    def run(*arguments):
        return CliRunner().invoke(main, ["audit", *arguments], env=environment)

    path = tmp_path / "audit.pdf"
    text = run(BILL, "--pdf", str(path))
    assert text.exit_code == 0, text.output
    assert text.stdout.splitlines()[-1].startswith(f"{BILL}: ")
    value = json.loads(run(BILL, "--json").stdout)
    assert value["counts"]["proved"] == len(value["events"])
    reader = PdfReader(io.BytesIO(path.read_bytes()))
    shown = "".join(page.extract_text() for page in reader.pages)
    for words in ("审计报告", "Audit report", BILL, "未发现改动", "Nothing was changed", "已证明"):
        assert words.lower() in shown.lower()
    (attached,) = reader.attachments.values()
    assert json.loads(attached[0])["transportDocumentReference"] == BILL
    assert run("NOBODY").exit_code == 2
    house.change("UPDATE event SET actor_party = 'thief' WHERE type = 'release.granted.v1'")
    assert run(BILL).exit_code == 1
    page = audit_page.html(audit(house))
    assert "1 项与日志不符 1 events are not what was logged" in page
