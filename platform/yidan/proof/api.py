"""The endpoints of proof: bundles of what one is a party to, and the public state of the log."""

from typing import Annotated

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from ledger import policy_file
from ledger.succession import History
from yidan.http.auth import anyone, needs
from yidan.http.edge import Raw, look
from yidan.http.models import Instant, PathModel, QueryModel, WireModel
from yidan.http.openapi import answers, raw_answers
from yidan.http.wiring import services
from yidan.kernel.errors import UnavailableError
from yidan.proof import bundles, lag, setup, subjects
from yidan.store.unit_of_work import UnitOfWork

bp = APIBlueprint("proof", __name__, url_prefix="/v1", abp_tags=[Tag(name="Proof 证明")])


class SubjectPath(PathModel):
    """What the proof is about: a kind of subject, or `pledge`."""

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,19}$")]
    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,79}$")]


class WantedProof(QueryModel):
    """Which events and fields a bundle shows (选择性披露), and in which form."""

    type: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,40}[.][a-z_]{1,60}[.]v[0-9]{1,3}$")], ...],
        Field(max_length=20, description="Event types; none proves every event."),
    ] = ()
    form: Annotated[bundles.Form, Field(description="JSON, compact, or compact as text.")] = (
        bundles.Form.JSON
    )
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


@bp.get("/proofs/<kind>/<id>", responses=raw_answers(*(kind for kind, _ in bundles.FORMS.values())))
@needs("proof:read")
def see_proof(path: SubjectPath, query: WantedProof) -> Response:
    """Fetch the proof bundle of what was recorded about a subject, or of fields of it (证明包)."""

    def prove(uow: UnitOfWork) -> bytes:
        found = subjects.history(uow, path.kind, path.id, query.type)
        data = bundles.of_events(uow.connection, _trust(), found, fields=query.field)
        return bundles.written(data, query.form)

    return look(prove, lambda data: Raw(data, bundles.FORMS[query.form][0]))


@bp.get("/proof/status", responses=answers(LagAnswer, 200))
@needs("proof:read")
def see_status() -> Response:
    """See how far log, checkpoints and anchors are (账本状态)."""
    return look(lambda uow: lag.measure(uow.connection, uow.now), LagAnswer.of)


@bp.get("/policy", responses=raw_answers("text/plain"))
@anyone("the trust policy is public: it names keys, no secrets")
def see_policy() -> Response:
    """Fetch this installation's newest trust policy (信任策略); compare it with one you had before.

    How it followed from the first one is told at `/log/successions`.
    """
    data = policy_file.write(_trust().newest)
    return Response(data, content_type="text/plain; charset=utf-8")


def _trust() -> History:
    """The trust policy and what followed from it.

    Raises:
        UnavailableError: it is not written yet: the ledger's first start makes it.
    """
    try:
        return setup.read_trust(services().settings)
    except FileNotFoundError:
        raise UnavailableError from None
