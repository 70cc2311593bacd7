"""Releases stop with the first reason and go on when an operator says so."""

from yidan.kernel.events import SYSTEM
from yidan.store import ledger_state


def test_the_first_reason_stays_until_an_operator_ends_the_stop(workshop):
    with workshop.open(SYSTEM) as uow:
        assert ledger_state.releases_stopped(uow.connection) is None
        ledger_state.stop_releases(uow.connection, "roots differ", since=uow.now)
        ledger_state.stop_releases(uow.connection, "again", since=uow.now)
        assert ledger_state.releases_stopped(uow.connection) == "roots differ"
        ledger_state.resume_releases(uow.connection)
        assert ledger_state.releases_stopped(uow.connection) is None
        ledger_state.stop_releases(uow.connection, "once more", since=uow.now)
        assert ledger_state.releases_stopped(uow.connection) == "once more"


def test_a_restored_database_releases_nothing_until_the_witnesses_agree(workshop):
    with workshop.open(SYSTEM) as uow:
        ledger_state.mark_restored(uow.connection, "backup 7")
        assert ledger_state.restored_from(uow.connection) == "backup 7"
        assert "backup 7" in ledger_state.releases_stopped(uow.connection)
        ledger_state.resume_releases(uow.connection)
        assert ledger_state.releases_stopped(uow.connection) is not None, "nobody resumes it away"
        assert ledger_state.disagreement(uow.connection) == ""
        ledger_state.welcome_back(uow.connection)
        assert ledger_state.releases_stopped(uow.connection) is None


def test_a_stop_that_stood_in_the_backup_stands_in_the_copy(workshop):
    with workshop.open(SYSTEM) as uow:
        ledger_state.stop_releases(uow.connection, "roots differ", since=uow.now)
        ledger_state.mark_restored(uow.connection, "backup 7")
        ledger_state.welcome_back(uow.connection)
        assert ledger_state.releases_stopped(uow.connection) == "roots differ"
