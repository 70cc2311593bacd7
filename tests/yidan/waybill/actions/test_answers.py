"""A bill is found and locked with its guardian, or it is not there."""

import pytest

from yidan.kernel.errors import NotFoundError
from yidan.waybill.actions import answers


def test_a_bill_is_locked_together_with_its_guardian(house, bill):
    submitted = house.submit(bill)

    def positions(uow):
        assert answers.locked(uow, submitted.id) == submitted
        return uow.position(f"waybill:{submitted.id}"), uow.position("bill:EOCLYG26110042")

    assert house.run("carrier", positions) == (1, 0)


def test_what_is_not_there_is_not_found(house):
    for look in (answers.existing, answers.locked):
        with pytest.raises(NotFoundError):
            house.run("carrier", lambda uow, look=look: look(uow, "no-such-bill"))
