"""`POST /oauth/token` for machines; `/v1/sessions` for people.

These answer with secrets and change nothing but credentials, so they take no Idempotency-Key: an
answer kept for a replay would be a token kept. The token endpoint's problems carry OAuth's `error`
besides.
"""

from typing import Annotated, Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import UnsupportedMediaType

from yidan.http import auth, problems
from yidan.http.auth import anyone, known
from yidan.http.models import Id, WireModel
from yidan.http.openapi import answers, with_body
from yidan.http.problems import Kind
from yidan.http.wiring import services
from yidan.kernel.errors import UnauthenticatedError
from yidan.kernel.events import SYSTEM
from yidan.parties import actions, authentication, grants, passwords
from yidan.parties.events import Position
from yidan.parties.grants import ASSERTION_TYPE, GRANT_TYPE, Issuer, OAuthError
from yidan.parties.signing_in import SIGN_IN_FAILED
from yidan.parties.tables import operational
from yidan.store import edge
from yidan.store.unit_of_work import UnitOfWork

bp = APIBlueprint("signing_in", __name__)

FORM: Final = "application/x-www-form-urlencoded"
_STATUS: Final = {"invalid_client": 401}
Secret = Annotated[str, Field(min_length=1, max_length=200)]


class TokenAnswer(WireModel):
    """An access token (RFC 6749 5.1)."""

    access_token: str = Field(alias="access_token", max_length=4_096)
    token_type: str = Field(alias="token_type", max_length=20)
    expires_in: int = Field(alias="expires_in")
    scope: str


class SignIn(WireModel):
    """A person's sign-in."""

    sign_in_name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Secret


class SessionAnswer(WireModel):
    """The session of a signed-in person; its cookie comes beside it."""

    person_id: Id
    organisation_id: Id
    name: str
    position: Position
    must_set_password: bool
    csrf_token: str
    """Send it as X-CSRFToken with every changing call."""


class SetPassword(WireModel):
    """A new password in place of the present one."""

    password: Secret
    new_password: Secret


_TOKEN_FORM: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type", "client_assertion_type", "client_assertion"],
                "properties": {
                    "grant_type": {"type": "string", "const": GRANT_TYPE},
                    "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
                    "client_assertion": {"type": "string", "maxLength": 4096},
                    "client_id": {"type": "string", "maxLength": 80},
                    "scope": {"type": "string", "maxLength": 1000},
                },
            }
        }
    },
}


@bp.post("/oauth/token", responses=answers(TokenAnswer, 200))
@anyone("the assertion inside says who it is")
@with_body(_TOKEN_FORM)
def issue_token() -> Response:
    """Give a machine an access token for its signed assertion (private_key_jwt)."""
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    repeated = [name for name, values in request.form.lists() if len(values) > 1]
    form = {} if repeated else request.form.to_dict()
    given = services()
    url = given.settings.public_url
    issuer = Issuer(
        name=url,
        audiences=frozenset({url, f"{url}/oauth/token"}),
        key=given.keys["token"],
        life_s=given.settings.token_ttl_s,
    )
    granted = edge.run(given, SYSTEM, lambda uow: grants.grant(form, issuer, uow))
    return _answer(
        TokenAnswer(
            access_token=granted.token,
            token_type="Bearer",  # noqa: S106 - the type's name
            expires_in=granted.life_s,
            scope=" ".join(sorted(granted.scopes)),
        )
    )


@bp.errorhandler(OAuthError)
def _refused(error: OAuthError) -> Response:
    status = _STATUS.get(error.error, 400)
    kind = Kind(f"oauth-{error.error.replace('_', '-')}", status, "Token refused", "令牌申请被拒绝")
    response = problems.answer(kind, error.reasons, oauth_error=error.error)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/v1/sessions", responses=answers(SessionAnswer))
@anyone("name and password inside say who it is")
def sign_in(body: SignIn) -> Response:
    """Sign a person in; the session is a cookie."""
    return _session(authentication.sign_in(body.sign_in_name, body.password), 201)


@bp.post("/v1/sessions/password", responses=answers(SessionAnswer))
@known
def set_password(body: SetPassword) -> Response:
    """Set one's own password; every earlier session ends and a new one begins."""
    person = _signed_in().person
    given, actor = services(), auth.actor()

    def hash_of(uow: UnitOfWork) -> str | None:
        return operational.password_hash(uow.connection, person.id)

    if not passwords.matches(body.password, edge.run(given, actor, hash_of)):
        raise UnauthenticatedError(SIGN_IN_FAILED())
    done = edge.run(
        given, actor, lambda uow: actions.set_password(person.id, body.new_password, uow)
    )
    return _session(authentication.begin_session(done.person), 201)


@bp.post("/v1/sessions/end", responses={204: None})
@known
def sign_out() -> Response:
    """End this session."""
    _signed_in()
    authentication.sign_out()
    return Response(status=204)


def _signed_in() -> authentication.SignedIn:
    found = authentication.current_person()
    if found is None:
        raise UnauthenticatedError
    return found


def _session(user: authentication.SignedIn, status: int) -> Response:
    answer = SessionAnswer(
        person_id=user.person.id,
        organisation_id=user.organisation.id,
        name=user.person.name,
        position=user.person.position,
        must_set_password=user.person.must_set_password,
        csrf_token=authentication.csrf_token(),
    )
    return _answer(answer, status)


def _answer(answer: WireModel, status: int = 200) -> Response:
    response = Response(answer.model_dump_json(), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
