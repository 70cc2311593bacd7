"""A port with its parties, on each kind of database."""

import pytest

from tests.port import Port


@pytest.fixture
def port(workshop):
    return Port(workshop)
