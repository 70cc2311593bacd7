"""A stop of the releases and its alarm come and go together."""

from types import SimpleNamespace

from click.testing import CliRunner
from sqlalchemy import insert

from yidan.cli import main
from yidan.kernel.events import SYSTEM
from yidan.proof import stopping
from yidan.store import alarms, ledger_state
from yidan.store.engine import reading, writing
from yidan.store.ledger_tables import LedgerState


def state(engine):
    with reading(engine) as connection:
        standing = [alarm.kind for alarm in alarms.open_alarms(connection)]
        return ledger_state.releases_stopped(connection), standing


def test_whoever_ends_the_stop_ends_its_alarm_and_no_other(workshop):
    with workshop.open(SYSTEM) as uow:
        alarms.raise_alarm(uow.connection, "anchor-age", "too old", now=uow.now)
        uow.commit()
    services = SimpleNamespace(engine=workshop.engine)
    stopping.stop(services, "roots differ")
    stopping.stop(services, "again")
    assert state(workshop.engine) == (
        "roots differ",
        ["ledger-stopped", "ledger-stopped", "anchor-age"],
    )
    stopping.resume(workshop.engine)
    assert state(workshop.engine) == (None, ["anchor-age"])


def test_the_command_resume_does_so(services):
    stopping.stop(services, "roots differ")
    environment = {"YIDAN_VAR": str(services.settings.var)}
    answer = CliRunner().invoke(main, ["resume"], env=environment)
    assert (answer.exit_code, answer.output) == (0, "Releases go on.\n")
    assert state(services.engine) == (None, [])


def test_after_a_restore_resume_says_what_releases_still_wait_for(services):
    with writing(services.engine) as connection:
        connection.execute(insert(LedgerState).values(id=1, restored_from="backup 7"))
    answer = CliRunner().invoke(main, ["resume"], env={"YIDAN_VAR": str(services.settings.var)})
    told = "Releases wait: restored from backup 7; the witnesses were not asked yet.\n"
    assert (answer.exit_code, answer.output) == (0, told)


def test_a_resume_that_fails_leaves_stop_and_alarm(services, monkeypatch):
    stopping.stop(services, "roots differ")
    monkeypatch.setattr(stopping, "acknowledge_kind", None)
    answer = CliRunner().invoke(main, ["resume"], env={"YIDAN_VAR": str(services.settings.var)})
    assert answer.exit_code == 1
    assert state(services.engine) == ("roots differ", ["ledger-stopped"])
