"""The endpoints of proof: bundles of what one is a party to, and the public state of the log."""

from typing import Annotated

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from ledger import policy_file
from ledger.policy import Policy
from yidan.http.auth import anyone, needs
from yidan.http.edge import Raw, look
from yidan.http.models import Instant, PathModel, QueryModel, WireModel
from yidan.http.openapi import answers, raw_answers
from yidan.http.wiring import services
from yidan.kernel.errors import UnavailableError
from yidan.parties.involvement import require
from yidan.proof import bundles, lag, setup
from yidan.store.unit_of_work import UnitOfWork

bp = APIBlueprint("proof", __name__, url_prefix="/v1", abp_tags=[Tag(name="Proof 证明")])

JSON = "application/json"


class SubjectPath(PathModel):
    """What the proof is about."""

    kind: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]
    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,79}$")]


class ShownFields(QueryModel):
    """Which fields a bundle shows (选择性披露)."""

    field: Annotated[
        tuple[Annotated[str, Field(pattern=r"^(/[^/]{0,200}){1,32}$")], ...],
        Field(max_length=100, description="JSON Pointers; none shows everything."),
    ] = ()


class LagAnswer(WireModel):
    """How far the proof is behind the business."""

    leaves: int
    events_not_logged: int
    checkpoint_size: int
    cosigned_size: int
    anchored_size: int
    instructions_open: int
    oldest_unanchored_at: Instant | None
    oldest_unanchored_age_s: int
    stopped: str

    @classmethod
    def of(cls, found: lag.Lag) -> "LagAnswer":
        """Show the lag."""
        return cls(**found.__dict__)


@bp.get("/proofs/<kind>/<id>", responses=raw_answers(JSON))
@needs("proof:read")
def see_proof(path: SubjectPath, query: ShownFields) -> Response:
    """Fetch the proof bundle of what was recorded about a subject, or of fields of it (证明包)."""
    subject = f"{path.kind}:{path.id}"

    def bundle(uow: UnitOfWork) -> bytes:
        require(uow, subject)
        return bundles.of_subject(uow.connection, _policy(), subject, fields=query.field)

    return look(bundle, lambda data: Raw(data, JSON))


@bp.get("/proof/status", responses=answers(LagAnswer, 200))
@needs("proof:read")
def see_status() -> Response:
    """See how far log, checkpoints and anchors are (账本状态)."""
    return look(lambda uow: lag.measure(uow.connection, uow.now), LagAnswer.of)


@bp.get("/policy", responses=raw_answers("text/plain"))
@anyone("the trust policy is public: it names keys, no secrets")
def see_policy() -> Response:
    """Fetch this installation's trust policy (信任策略); compare it with one you had before."""
    data = policy_file.write(_policy())
    return Response(data, content_type="text/plain; charset=utf-8")


def _policy() -> Policy:
    """The trust policy.

    Raises:
        UnavailableError: it is not written yet: the ledger's first start makes it.
    """
    try:
        return setup.read_policy(services().settings)
    except FileNotFoundError:
        raise UnavailableError from None
