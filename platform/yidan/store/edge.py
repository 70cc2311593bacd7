"""Run one action in one transaction, retrying where the database asked for it."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from yidan.kernel.errors import ConflictError, UnavailableError
from yidan.kernel.events import Actor
from yidan.ports import Services
from yidan.store.unit_of_work import UnitOfWork

T = TypeVar("T")

ATTEMPTS: Final = 5
_RETRY_SQLSTATES: Final = frozenset({"40001", "40P01"})
"""PostgreSQL: serialization failure, deadlock detected."""


def run(services: Services, actor: Actor, work: Callable[[UnitOfWork], T]) -> T:
    """Open a unit of work, run `work`, commit; all of it or none.

    Raises:
        ConflictError: somebody else kept being first.
        UnavailableError: the database is out of reach or the lock did not come in time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with services.unit_of_work(actor) as uow:
                answer = work(uow)
                uow.commit()
                return answer
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise ConflictError from None
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _RETRY_SQLSTATES and attempt < ATTEMPTS:
                continue
            if isinstance(error, OperationalError):
                raise UnavailableError from error
            raise
    raise ConflictError
