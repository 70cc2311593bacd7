"""The exception tree: what each error says when nothing else is said."""

import pytest

from yidan.kernel import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFoundError(), "not-found"),
        (errors.ConflictError(), "conflict"),
        (errors.ForbiddenError(), "forbidden"),
        (errors.UnauthenticatedError(), "unauthenticated"),
        (errors.UnavailableError(), "unavailable"),
        (errors.ThrottledError(30), "throttled"),
    ],
)
def test_an_error_without_reasons_gives_its_own(error, code):
    assert [why.code for why in error.reasons] == [code]
    assert isinstance(error, errors.YidanError)


@pytest.mark.parametrize(
    "kind",
    [
        errors.InvalidError,
        errors.RefusedError,
        errors.NotFoundError,
        errors.ConflictError,
        errors.ForbiddenError,
        errors.UnauthenticatedError,
        errors.UnavailableError,
    ],
)
def test_an_error_carries_every_reason_given(kind):
    reasons = (errors.CONFLICT(at="/a"), errors.FORBIDDEN(at="/b"))
    assert kind(*reasons).reasons == reasons


def test_an_error_names_its_codes_for_the_log():
    assert str(errors.RefusedError(errors.CONFLICT(), errors.FORBIDDEN())) == "conflict, forbidden"


def test_the_throttle_says_how_long_to_wait():
    error = errors.ThrottledError(30)
    assert error.retry_after_s == 30
    assert error.reasons[0].text("en") == "Too many attempts; wait 30 seconds."


def test_a_forbidden_step_is_a_refusal():
    assert issubclass(errors.InvalidTransitionError, errors.RefusedError)
