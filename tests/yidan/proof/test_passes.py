"""A pass that fails is one open alarm of its kind until one ends well, whatever its words."""

import pytest

from yidan.proof import lag, passes
from yidan.proof.passes import Pass
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading


@pytest.fixture
def alarms(services):
    """What stands on the list, by kind."""

    def standing():
        with reading(services.engine) as connection:
            return [(alarm.kind, alarm.what) for alarm in open_alarms(connection)]

    return standing


def failing(one, error):
    with one.tried():
        raise error


def well(one):
    with one.tried():
        pass


def test_a_pass_that_fails_is_an_alarm_until_one_ends_well(services, alarms):
    one = Pass(services, "row-check")
    well(one)
    assert (one.failure, alarms()) == ("", [])
    failing(one, ValueError("row 7"))
    failing(one, ValueError("row 7, half a second later"))
    assert one.failure == "ValueError: row 7"
    assert alarms() == [("row-check", "ValueError: row 7")]
    failing(one, KeyError("row 7"))
    assert len(alarms()) == 2
    well(one)
    assert (one.failure, alarms()) == ("", [])


def test_the_alarm_of_an_earlier_life_ends_with_the_first_good_pass_and_others_stay(
    services, alarms
):
    failing(Pass(services, "row-check"), ValueError("row 7"))
    lag.alarm(services, "wrong-chain", "chain 5")
    well(Pass(services, "row-check"))
    assert alarms() == [("wrong-chain", "chain 5")]


def test_an_alarm_that_somebody_took_off_comes_back_while_the_pass_fails(services, alarms):
    one = Pass(services, "row-check")
    failing(one, ValueError("row 7"))
    well(Pass(services, "row-check"))  # in another process
    assert alarms() == []
    failing(one, ValueError("row 7"))
    assert alarms() == [("row-check", "ValueError: row 7")]


def test_what_the_caller_copes_with_is_neither_a_failure_nor_a_good_end(services, alarms):
    one = Pass(services, "row-check")
    failing(one, ValueError("row 7"))
    with pytest.raises(KeyError), one.tried(KeyError):
        raise KeyError
    assert alarms() == [("row-check", "ValueError: row 7")]


def test_a_database_that_is_away_is_told_by_the_next_pass(services, alarms, monkeypatch):
    one = Pass(services, "row-check")
    with monkeypatch.context() as gone:
        gone.setattr(passes, "writing", lambda _engine: {}["the database"])
        failing(one, ValueError("row 7"))
    assert (one.failure, alarms()) == ("ValueError: row 7", [])
    failing(one, ValueError("row 7"))
    assert len(alarms()) == 1
    with monkeypatch.context() as gone:
        gone.setattr(passes, "writing", lambda _engine: {}["the database"])
        well(one)
    assert len(alarms()) == 1
    well(one)
    assert alarms() == []
