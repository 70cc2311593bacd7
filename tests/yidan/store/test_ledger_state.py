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
