"""The endpoints of the registered signers: other platforms and carriers, and our own keys."""

from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from yidan.exchange.pint.actions import signers
from yidan.exchange.pint.events import SignerKind
from yidan.exchange.pint.here import here
from yidan.exchange.pint.tables import PintSigner
from yidan.http.auth import anyone, needs
from yidan.http.edge import look, perform
from yidan.http.models import Id, WireModel
from yidan.http.openapi import answers
from yidan.http.wiring import services

bp = APIBlueprint(
    "pint_signers", __name__, url_prefix="/v1", abp_tags=[Tag(name="Electronic bills 电子提单互通")]
)


class JwkSet(WireModel):
    """A JWK Set of public keys (RFC 7517)."""

    keys: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=20)]


class SignerBody(WireModel):
    """Whose signatures count."""

    code: Annotated[str, Field(pattern=r"^([A-Z0-9]{2,4}|[A-Z]{4,5}:[A-Z0-9]{2,10})$")]
    """A platform's code such as WAVE, or a carrier's code list and code such as SMDG:HMM."""
    kind: SignerKind
    organisation_id: Id
    url: Annotated[str, Field(pattern=r"^(https?://[^\s]{3,400})?$", max_length=420)] = ""
    jwks: JwkSet
    token_url: Annotated[str, Field(pattern=r"^(https?://[^\s]{3,400})?$", max_length=420)] = ""
    """Where we ask for an access token, with `private_key_jwt`; empty where it needs none."""
    client_id: Annotated[str, Field(max_length=100)] = ""
    """Our client there."""


class SignerAnswer(WireModel):
    """A registered signer."""

    code: str
    kind: SignerKind
    organisation_id: str
    url: str

    @classmethod
    def of(cls, found: PintSigner) -> "SignerAnswer":
        """Show a signer."""
        return cls(
            code=found.code,
            kind=found.kind,
            organisation_id=found.organisation_id,
            url=found.url,
        )


class SignersAnswer(WireModel):
    """Registered signers, by code."""

    items: list[SignerAnswer]


@bp.post("/ebl-signers", responses=answers(SignerAnswer))
@needs("party:admin")
def register(body: SignerBody) -> Response:
    """Register a platform or carrier with its public keys (登记签署方公钥)."""
    command = signers.RegisterSigner(
        code=body.code,
        kind=body.kind,
        organisation_id=body.organisation_id,
        url=body.url,
        jwks={"keys": body.jwks.keys},
        token_url=body.token_url,
        client_id=body.client_id,
    )
    return perform(
        lambda uow: signers.register_signer(command, here(services()), uow), SignerAnswer.of
    )


@bp.get("/ebl-signers", responses=answers(SignersAnswer, 200))
@needs("party:admin")
def list_signers() -> Response:
    """See whose signatures count (已登记的签署方)."""
    return look(
        signers.list_signers,
        lambda found: SignersAnswer(items=[SignerAnswer.of(one) for one in found]),
    )


class KeysAnswer(WireModel):
    """Our public keys."""

    keys: list[dict[str, Any]]


@bp.get("/ebl-keys", responses=answers(KeysAnswer, 200))
@anyone("other platforms check our signatures with it")
def keys() -> dict[str, Any]:
    """See the public keys of our signatures as a JWK Set (本平台公钥)."""
    return {"keys": [here(services()).signer.public]}
