"""Alarms stand once until somebody acknowledges them."""

from yidan.kernel.events import SYSTEM
from yidan.store import alarms


def test_an_alarm_stands_once_until_it_is_acknowledged(workshop):
    with workshop.open(SYSTEM) as uow:
        for _ in range(2):
            alarms.raise_alarm(uow.connection, "anchor-age", "too old", now=uow.now)
        (alarm,) = alarms.open_alarms(uow.connection)
        assert (alarm.kind, alarm.what) == ("anchor-age", "too old")
        alarms.acknowledge(uow.connection, alarm.id, now=uow.now)
        assert alarms.open_alarms(uow.connection) == []
        alarms.raise_alarm(uow.connection, "anchor-age", "too old", now=uow.now)
        assert len(alarms.open_alarms(uow.connection)) == 1
