"""A change behind the platform's back is found, and what was changed is named."""

import pytest
from sqlalchemy import text

from ledger.commitment import commit
from tests.port import Port
from yidan.store import rebuild
from yidan.store.engine import writing


@pytest.fixture
def engine(workshop):
    port = Port(workshop).people()
    port.bill()
    port.listed()
    port.granted()
    return workshop.engine


def change(engine, statement):
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            for table in ("event", "event_content"):
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        connection.execute(text(statement))


def test_history_that_nobody_touched_is_clean(engine):
    report = rebuild.check(engine, commit)
    assert report.findings == ()
    assert report.events > 20


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET actor_party = 'thief' WHERE number = 5", "event "),
        ("UPDATE event SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE number = 5", "event "),
        ("UPDATE event SET type = 'release.right_consumed.v1' WHERE number = 5", "event "),
        ("UPDATE event SET position = 99 WHERE number = 5", "event "),
        ("UPDATE event_content SET reason = 'other'", "event "),
        ("UPDATE release_right SET holder = 'thief'", "release_right "),
        ("DELETE FROM release_right", "release_right "),
        ("UPDATE subject SET position = position + 1", "subject "),
    ],
)
def test_a_changed_row_is_found_and_named(engine, statement, named):
    change(engine, statement)
    report = rebuild.check(engine, commit)
    assert any(finding.where.startswith(named) for finding in report.findings)
