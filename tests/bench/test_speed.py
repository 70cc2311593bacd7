"""The measurements run and measure something; how fast it was is printed by `make bench`."""

from tests.bench import speed


def test_every_measurement_gives_a_time_and_a_floor():
    measured = list(speed.measurements(at_least_s=0))
    assert len(measured) == 10
    assert all(m.ours_us > 0 and m.floor_us > 0 for m in measured)
