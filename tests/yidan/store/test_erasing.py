"""Erasing takes what an event says of a person, everywhere it was, and nothing else."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.commitment import commit
from yidan.gate import events as gate
from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.events import REGISTRY, Actor, content_of
from yidan.parties import events as parties
from yidan.parties import tables as people
from yidan.store import erasing, events, rebuild
from yidan.store.engine import reading, writing

CLERK = "019ab000-0000-7000-8000-0000000000aa"
GROUND = "request 2026-17"


@pytest.fixture
def added(workshop):
    """A clerk who was added; answers the event's id."""
    happened = parties.PersonAdded(
        person_id=CLERK,
        organisation_id="o",
        sign_in_name="li.wei",
        name="李伟",
        position=parties.Position.CLERK,
    )
    return record(workshop, f"person:{CLERK}", happened)


def record(workshop, subject, happened, reason=""):
    with workshop.open(Actor(party="p")) as uow:
        event_id = uow.record(subject, happened, reason=reason).event_id
        uow.commit()
    return event_id


def disable(workshop):
    record(workshop, f"person:{CLERK}", parties.PersonDisabled(person_id=CLERK))


def erase(workshop, event_id):
    with workshop.open(Actor(party="p")) as uow:
        erased = erasing.erase(event_id, GROUND, uow)
        uow.commit()
    return erased


def everything(workshop) -> str:
    """All rows of all tables but the outbox, as text."""
    found = []
    with reading(workshop.engine) as connection:
        for table in rebuild.SQLModel.metadata.sorted_tables:
            found += map(str, connection.execute(table.select()))
    return "\n".join(found)


def test_an_erased_name_is_in_no_table_any_more_and_history_still_replays(workshop, added):
    disable(workshop)
    assert "李伟" in everything(workshop)
    erased = erase(workshop, added)
    assert erased.reason == GROUND
    left = everything(workshop)
    assert "李伟" not in left
    assert "li.wei" not in left
    report = rebuild.check(workshop.engine, commit)
    assert report.findings == ()
    assert report.erased == (added,)
    with reading(workshop.engine) as connection:
        found = people.person(connection, CLERK)
        assert people.person_by_name(connection, "li.wei") is None
        (stored,) = events.by_id(connection, added)
    assert found.name == ""
    assert found.disabled
    assert stored.salt is None
    assert len(stored.commitment) == 32


def test_a_person_who_may_still_sign_in_is_not_erased(workshop, added):
    with pytest.raises(RefusedError) as refused:
        erase(workshop, added)
    assert [reason.code for reason in refused.value.reasons] == ["person-still-active"]
    assert "李伟" in everything(workshop)


def test_an_event_is_erased_once_and_evidence_never(workshop, added):
    disable(workshop)
    erase(workshop, added)
    with pytest.raises(RefusedError) as refused:
        erase(workshop, added)
    assert [reason.code for reason in refused.value.reasons] == ["event-erased-already"]
    kept = record(workshop, f"person:{CLERK}", parties.PasswordSet(person_id=CLERK, one_time=True))
    with pytest.raises(RefusedError) as refused:
        erase(workshop, kept)
    assert [reason.code for reason in refused.value.reasons] == ["event-not-erasable"]
    with pytest.raises(NotFoundError):
        erase(workshop, "nobody")


def test_content_that_vanished_without_an_erasing_event_is_found(workshop, added):
    disable(workshop)
    with writing(workshop.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            connection.execute(text("DROP TRIGGER event_content_no_delete"))
        connection.execute(text("DELETE FROM event_content WHERE event_id = :id"), {"id": added})
    findings = rebuild.check(workshop.engine, commit).findings
    assert any(f.where == f"event {added}" and "no event erased" in f.what for f in findings)


def test_a_permission_that_names_another_event_erases_nothing(workshop, added):
    disable(workshop)
    erased = erase(workshop, added)
    other = record(workshop, f"person:{CLERK}", parties.PasswordSet(person_id=CLERK, one_time=True))
    last = record(workshop, f"person:{CLERK}", parties.PasswordSet(person_id=CLERK, one_time=True))
    with writing(workshop.engine) as connection:
        for event_id, erased_by in ((other, erased.event_id), (last, other)):
            connection.execute(
                text("INSERT INTO erasure VALUES (:a, :b)"), {"a": event_id, "b": erased_by}
            )
    with reading(workshop.engine) as connection:
        assert set(erasing.kept_contents(connection)) == {added}


@pytest.mark.parametrize("name", sorted(erasing.ERASABLE))
def test_what_is_kept_of_an_erasable_event_is_of_its_type_and_holds_less(name):
    import yidan.gate.tables  # noqa: F401 - declares what it forgets

    module = gate if name.startswith("gate.") else parties
    (sample,) = [one for one in module.SAMPLES if name == one.TYPE]
    kept = erasing.ERASABLE[name].without(sample)
    assert type(kept) is REGISTRY[name]
    assert content_of(kept) != content_of(sample)


def test_a_drivers_card_is_taken_out_of_the_gates_rows_once_the_truck_has_left(workshop):
    import yidan.gate.tables as rows

    (sample,) = [one for one in gate.SAMPLES if isinstance(one, gate.Approved)]
    replaced = gate.Replacement(field=gate.Field.DRIVER, old="LYG-D-1", new="LYG-D-0417")
    way_in = replace(sample.capture, direction=gate.Direction.IN)
    happened = replace(sample, capture=way_in, replaced=(*sample.replaced, replaced))
    subject = f"gate:{happened.transaction_id}"
    approved = record(workshop, subject, happened)
    with pytest.raises(RefusedError) as refused:
        erase(workshop, approved)
    assert [reason.code for reason in refused.value.reasons] == ["truck-still-inside"]
    truck = gate.LeftWithoutBox(
        truck_visit_id=happened.truck_visit_id, plate=happened.capture.plate, right_id=""
    )
    record(workshop, f"truck:{happened.truck_visit_id}", truck)
    assert "LYG-D-0417" in everything(workshop)
    erase(workshop, approved)
    assert "LYG-D" not in everything(workshop)
    assert rebuild.check(workshop.engine, commit).findings == ()
    with reading(workshop.engine) as connection:
        assert rows.find_truck(connection, happened.truck_visit_id).driver_id == ""
