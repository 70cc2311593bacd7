"""Bundles of a subject: all of it, single fields of it, and what is left after an erasure."""

import json

import pytest
from click.testing import CliRunner

from ledger import verify
from ledger.verify import Outcome, verify_bundle
from yidan.cli import main
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.events import Actor
from yidan.parties import events as parties
from yidan.proof import bundles, fsck
from yidan.store import erasing

BOX = "box:MSKU1234565"


def bundle(house, subject=BOX, **options):
    with house.reading() as connection:
        return bundles.of_subject(connection, house.trust, subject, **options)


def entered(house):
    """The event that entered a person, whose access has ended since."""
    with house.services.unit_of_work(Actor(party="o")) as uow:
        added = parties.PersonAdded(
            person_id="p1",
            organisation_id="o",
            sign_in_name="li.wei",
            name="李伟",
            position=parties.Position.CLERK,
        )
        event_id = uow.record("person:p1", added).event_id
        uow.record("person:p1", parties.PersonDisabled(person_id="p1"))
        uow.commit()
    return event_id


def test_single_fields_are_shown_and_proved_and_nothing_else_is_told(house):
    house.weigh(21350, 21400)
    house.log()
    data = bundle(house, fields=["/content/mass_kg", "/occurredAt"])
    verdict = verify_bundle(data, house.policy)
    assert verdict.outcome is Outcome.VALID
    shown = [dict(verify.shown_fields(event)) for event in verdict.bundle.events]
    assert [sorted(fields) for fields in shown] == [["/content/mass_kg", "/occurredAt"]] * 2
    assert [fields["/content/mass_kg"] for fields in shown] == [21350, 21400]
    assert b"MSKU1234565" not in data
    assert b'"salt"' not in data
    changed = data.replace(b'"value":21350', b'"value":21351')
    assert verify_bundle(changed, house.policy).outcome is Outcome.INVALID


def test_an_event_without_the_fields_asked_for_shows_only_that_it_is_there(house):
    entered(house)
    house.log()
    data = bundle(house, "person:p1", fields=["/content/name"])
    added, disabled = json.loads(data)["events"]
    assert set(added) == {"eventId", "index", "inclusion", "disclosed"}
    assert set(disabled) == {"eventId", "index", "inclusion", "commitment"}


def test_a_field_that_no_event_has_is_refused_by_its_name_and_proves_nothing(house):
    house.weigh(21350)
    house.log()
    with pytest.raises(InvalidError) as refused:
        bundle(house, fields=["/content/mass_kg", "/content/mas_kg"])
    (why,) = refused.value.reasons
    assert (why.code, why.at) == ("proof-no-such-field", "/field")
    assert "/content/mas_kg" in why.text("zh")
    assert "/content/mas_kg" in why.text("en")


def test_a_bundle_waits_for_the_witnesses_and_for_an_event(house):
    with pytest.raises(NotFoundError):
        bundle(house)
    house.weigh(21350)
    house.sequence()
    with pytest.raises(RefusedError):
        bundle(house)


def test_after_an_erasure_the_rest_verifies_and_fsck_lists_what_is_gone(house):
    event_id = entered(house)
    house.weigh(21350)
    house.log()
    before = bundle(house, "person:p1")
    with house.services.unit_of_work(Actor(party="o")) as uow:
        erasing.erase(event_id, "request 17", uow)
        uow.commit()
    house.log()
    after = bundle(house, "person:p1")
    assert "李伟".encode() in before
    assert "李伟".encode() not in after
    for data in (before, after, bundle(house)):
        assert verify_bundle(data, house.policy).outcome is Outcome.VALID
    gone, _, erased = json.loads(after)["events"]
    assert "commitment" in gone
    assert ["/type", "event.content_erased.v1"] in erased["fields"]
    report = fsck.check(house.services.engine, house.settings)
    assert report.findings == ()
    assert report.erased == (event_id,)
    house.change("DELETE FROM erasure")
    (finding,) = fsck.check(house.services.engine, house.settings).findings
    assert event_id in finding


def test_the_commands_prove_and_erase(house, tmp_path):
    environment = {"YIDAN_VAR": str(house.settings.var)}

    def run(*arguments):
        return CliRunner().invoke(main, arguments, env=environment)

    refused = run("prove", BOX)
    assert refused.exit_code == 1
    (weighed,) = house.weigh(21350)
    house.log()
    path = tmp_path / "bundle.json"
    written = run("prove", BOX, "--field", "/content/mass_kg", "--out", str(path))
    assert written.exit_code == 0, written.output
    assert verify_bundle(path.read_bytes(), house.policy).outcome is Outcome.VALID
    printed = run("prove", BOX, "--field", "/content/mass_kg")
    assert printed.stdout_bytes == path.read_bytes()
    text = run("prove", BOX, "--form", "text")
    assert text.output.startswith("YIDAN1:")
    assert verify_bundle(text.stdout_bytes, house.policy).outcome is Outcome.VALID
    unknown = run("prove", "box")
    assert (unknown.exit_code, "kind:id" in unknown.stderr) == (1, True)
    kept = run("erase", weighed, "--ground", "request 18")
    assert kept.exit_code == 1
    assert "evidence" in kept.stderr
    event_id = entered(house)
    assert run("erase", event_id, "--ground", "request 18").exit_code == 0


def test_a_field_asked_for_by_the_api_must_be_a_pointer(portal):
    from yidan.kernel.reasons import Role

    machine = portal.machine(Role.TERMINAL)
    path = f"/v1/proofs/organisation/{machine.party}"
    assert machine.get(f"{path}?field=name").status_code == 422
    asked = machine.get(f"{path}?field=/content/name&field=/type")
    assert asked.status_code == 503  # the ledger has not started: there is no policy yet
