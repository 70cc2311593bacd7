"""The endpoints of the exchange: messages in as they are on the wire, and their fate."""

from typing import Annotated, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from yidan.exchange import actions
from yidan.exchange.actions import Receipt
from yidan.exchange.events import EndpointSet
from yidan.exchange.rules import InboxState
from yidan.http import auth
from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.languages import language
from yidan.http.models import Id, Instant, PathModel, QueryModel, ReasonAnswer, ShortText, WireModel
from yidan.http.openapi import BODY_ATTRIBUTE, answers
from yidan.http.wiring import services
from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Reason
from yidan.ports import LineOutcome, MessageOutcome
from yidan.store import edge
from yidan.store.alarms import Alarm
from yidan.store.inbox import Received

bp = APIBlueprint("exchange", __name__, url_prefix="/v1", abp_tags=[Tag(name="Exchange 报文交换")])

STATUS: Final = {
    InboxState.APPLIED: 200,
    InboxState.PARTLY_APPLIED: 200,
    InboxState.REFUSED: 422,
    InboxState.UNREADABLE: 422,
    InboxState.CONFLICT: 409,
}
"""A transmission that was read is answered 200 and tells which lines were refused."""

RECEIPT: Final = "application/json"


class AdapterPath(PathModel):
    """The adapter that reads the message."""

    adapter: Annotated[str, Field(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]


class LineAnswer(WireModel):
    """What became of one line."""

    reference: str
    applied: bool
    reasons: list[ReasonAnswer]

    @classmethod
    def of(cls, line: LineOutcome, spoken: str) -> "LineAnswer":
        """Show a line."""
        return cls(
            reference=line.reference,
            applied=line.applied,
            reasons=[_reason(reason, spoken) for reason in line.reasons],
        )


class MessageAnswer(WireModel):
    """What became of one message."""

    reference: str
    document_reference: str
    accepted: bool
    lines: list[LineAnswer]
    findings: list[ReasonAnswer]

    @classmethod
    def of(cls, outcome: MessageOutcome, spoken: str) -> "MessageAnswer":
        """Show a message."""
        return cls(
            reference=outcome.reference,
            document_reference=outcome.document_reference,
            accepted=outcome.accepted,
            lines=[LineAnswer.of(line, spoken) for line in outcome.lines],
            findings=[_reason(reason, spoken) for reason in outcome.findings],
        )


class ReceiptAnswer(WireModel):
    """What became of a transmission; the acknowledgement in its own format is text here."""

    inbox_id: str
    state: InboxState
    repeated: bool
    messages: list[MessageAnswer]
    findings: list[ReasonAnswer]
    acknowledgement: str | None = Field(max_length=1_000_000)

    @classmethod
    def of(cls, receipt: Receipt, spoken: str) -> "ReceiptAnswer":
        """Show a receipt."""
        answer = receipt.answer
        return cls(
            inbox_id=receipt.inbox_id,
            state=receipt.state,
            repeated=receipt.repeated,
            messages=[MessageAnswer.of(outcome, spoken) for outcome in receipt.outcomes],
            findings=[_reason(reason, spoken) for reason in receipt.findings],
            acknowledgement=None if answer is None else answer.decode("utf-8", "replace"),
        )


class EndpointBody(WireModel):
    """Where messages of an adapter go."""

    adapter: Annotated[str, Field(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]
    url: Annotated[str, Field(pattern=r"^https?://[^\s]{3,400}$", max_length=420)]


class EndpointAnswer(EndpointBody):
    """The endpoint as it was set."""

    party_id: str

    @classmethod
    def of(cls, happened: EndpointSet) -> "EndpointAnswer":
        """Show an endpoint."""
        return cls(adapter=happened.adapter, url=happened.url, party_id=happened.party_id)


class MessagesQuery(QueryModel):
    """Which page of the inbox."""

    before: Id | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class InboxAnswer(WireModel):
    """One transmission of the inbox."""

    id: str
    partner: str
    adapter: ShortText
    reference: str
    received_at: Instant
    state: InboxState

    @classmethod
    def of(cls, received: Received) -> "InboxAnswer":
        """Show a transmission."""
        return cls(
            id=received.id,
            partner=received.partner,
            adapter=received.adapter,
            reference=received.reference,
            received_at=received.received_at,
            state=InboxState(received.state),
        )


class InboxPage(WireModel):
    """Transmissions, newest first."""

    items: list[InboxAnswer]


class AlarmAnswer(WireModel):
    """One open alarm."""

    id: int
    kind: str
    what: str
    raised_at: Instant

    @classmethod
    def of(cls, alarm: Alarm) -> "AlarmAnswer":
        """Show an alarm."""
        return cls(**alarm.__dict__)


class AlarmPage(WireModel):
    """Open alarms, newest first."""

    items: list[AlarmAnswer]


def _reason(reason: Reason, spoken: str) -> ReasonAnswer:
    return ReasonAnswer(
        code=reason.code,
        message=reason.text(spoken),
        at=reason.at,
        owner=reason.owner,
        since=reason.since,
    )


@bp.post("/exchange/<adapter>", responses=answers(ReceiptAnswer, 200))
@needs("exchange:write")
def receive(path: AdapterPath) -> Response:
    """Send a message of an outside system as it is on the wire (报文接收).

    Its own interchange reference makes it once-only; sent again it gets its first answer.
    """
    adapter = services().adapters.get(path.adapter)
    if adapter is None:
        raise NotFoundError
    raw = request.get_data()
    receipt = edge.run(services(), auth.actor(), lambda uow: actions.receive(raw, adapter, uow))
    body = ReceiptAnswer.of(receipt, language()).model_dump_json()
    return Response(body, STATUS[receipt.state], content_type=RECEIPT)


@bp.post("/exchange-endpoints", responses=answers(EndpointAnswer))
@needs("exchange:write")
def set_endpoint(body: EndpointBody) -> Response:
    """Say where one's own messages go (接收地址)."""
    command = actions.SetEndpoint(adapter=body.adapter, url=body.url)
    return perform(lambda uow: actions.set_endpoint(command, uow), EndpointAnswer.of)


@bp.get("/exchange-messages", responses=answers(InboxPage, 200))
@needs("exchange:write")
def list_messages(query: MessagesQuery) -> Response:
    """See one's own transmissions and what became of them (报文记录)."""
    return look(
        lambda uow: actions.look_at_messages(uow, before=query.before or "", limit=query.limit),
        lambda found: InboxPage(items=[InboxAnswer.of(received) for received in found]),
    )


@bp.get("/alarms", responses=answers(AlarmPage, 200))
@needs("party:admin")
def list_alarms() -> Response:
    """See the open alarms (告警)."""
    return look(
        actions.look_at_alarms,
        lambda found: AlarmPage(items=[AlarmAnswer.of(alarm) for alarm in found]),
    )


setattr(
    receive,
    BODY_ATTRIBUTE,
    {
        "required": True,
        "content": {
            "application/edifact": {"schema": {"type": "string"}},
            "application/xml": {"schema": {"type": "string"}},
            "application/json": {"schema": {}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
)
