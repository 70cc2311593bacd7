"""A pass that comes round again and again: one that fails is an alarm by name until one ends well.

A checker that cannot check says nothing, which looks like "nothing is wrong": whoever breaks it
would have blinded it. So the failure itself is what somebody must look at.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from yidan.ports import Services
from yidan.store.alarms import acknowledge_kind, raise_alarm
from yidan.store.engine import database_now, writing

logger = structlog.get_logger()


class Pass:
    """One kind of pass, as one process makes it."""

    def __init__(self, services: Services, kind: str) -> None:
        self._services = services
        self._kind = kind
        self._is_clear = False
        self._failed: type[Exception] | None = None
        self.failure = ""
        """Why the last one failed, in the words of its first failure; empty if it ended well."""

    @contextmanager
    def tried(self, *through: type[Exception]) -> Iterator[None]:
        """Try a pass: raise the alarm if it fails, take it off the list if it ends well.

        Args:
            through: what the caller copes with by itself: no failure, and no good end either.
        """
        try:
            yield
        except through:
            raise
        except Exception as error:
            logger.exception("a pass failed; the next one tries again", kind=self._kind)
            self._note(error)
        else:
            self._note(None)

    def _note(self, error: Exception | None) -> None:
        """Keep at most one alarm; a database that is away is told about it by the next pass."""
        if error is None:
            self._failed, self.failure = None, ""
        elif type(error) is not self._failed:  # what its words say may be new in each pass
            self._failed, self.failure = type(error), f"{type(error).__name__}: {error}"
            self._is_clear = False
        if error is None and self._is_clear:
            return
        try:
            self._tell()
        except Exception:
            logger.exception("an alarm cannot be kept; the next pass tries again", kind=self._kind)
            self._is_clear = False

    def _tell(self) -> None:
        with writing(self._services.engine) as connection:
            now = database_now(connection)
            if not self.failure:
                acknowledge_kind(connection, self._kind, now=now)
            else:
                raise_alarm(connection, self._kind, self.failure, now=now)
        self._is_clear = not self.failure
