"""A port with one box ready to go, and the terminal's lanes, on each kind of database."""

import pytest

from tests.lanes import Lanes
from tests.port import Port


@pytest.fixture
def port(workshop):
    return Port(workshop)


@pytest.fixture
def right(port):
    return port.ready()


@pytest.fixture
def lanes(port, right):
    return Lanes(port)
