"""What the tests of agents acting for carriers share."""

import pytest

from yidan.kernel.errors import ForbiddenError


def codes(reasons):
    return [one.code for one in reasons]


def refused_codes(act):
    """Why somebody may not act."""
    with pytest.raises(ForbiddenError) as refused:
        act()
    return codes(refused.value.reasons)
