"""The drills of submission on a chain in memory, in every run; `make drills` has them on anvil."""

import pytest

from tests.chaos.submission_drills import SubmissionDrills
from tests.counterparts.chain import ChainInMemory


class TestOnAChainInMemory(SubmissionDrills):
    """All of them."""

    @pytest.fixture
    def node(self):
        return ChainInMemory()
