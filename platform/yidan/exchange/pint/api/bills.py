"""The endpoints for parties: the electronic bills they have, and sending them elsewhere."""

import base64
import binascii
from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from yidan.exchange.pint import messages
from yidan.exchange.pint.actions import sending, settling
from yidan.exchange.pint.actions.receiving import NOT_BASE64
from yidan.exchange.pint.actions.sending import Document, SendEbl, Step
from yidan.exchange.pint.actions.settling import Settle
from yidan.exchange.pint.events import Stands
from yidan.exchange.pint.here import here
from yidan.exchange.pint.rules.envelope import Action, ResponseCode, Transaction
from yidan.exchange.pint.tables import Ebl, Outgoing, TransferState
from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import IdPath, Instant, PathModel, QueryModel, WireModel
from yidan.http.openapi import answers
from yidan.http.wiring import services
from yidan.kernel.errors import InvalidError

bp = APIBlueprint(
    "ebls", __name__, url_prefix="/v1", abp_tags=[Tag(name="Electronic bills 电子提单互通")]
)

Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=70, pattern=r"^\S(?:.*\S)?$")]
PlatformCode = Annotated[str, Field(min_length=1, max_length=4, pattern=r"^[A-Z0-9]+$")]


class EblPath(PathModel):
    """The bill: SHA-256 of its canonical form."""

    ebl: Checksum


class CodeBody(WireModel):
    """One identifying code."""

    code_list_provider: Annotated[str, Field(min_length=1, max_length=100)]
    party_code: Annotated[str, Field(min_length=1, max_length=150)]
    code_list_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class RecipientBody(WireModel):
    """A party of another platform, or of this one on the way there."""

    party_name: Name
    ebl_platform: PlatformCode
    identifying_codes: Annotated[list[CodeBody], Field(min_length=1, max_length=20)]


class StepBody(WireModel):
    """One thing that is done with the bill."""

    action: Action
    recipient: RecipientBody | None = None
    comments: Annotated[str, Field(max_length=255, pattern=r"^(\S(?:.*\S)?)?$")] = ""

    def step(self) -> Step:
        """As the action takes it."""
        if self.recipient is None:
            return Step(action=self.action, comments=self.comments)
        written = self.recipient.model_dump(mode="json", exclude_none=True)
        return Step(
            action=self.action,
            recipient=messages.Party.read(written),
            recipient_json=written,
            comments=self.comments,
        )


class DocumentBody(WireModel):
    """A document that goes along."""

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(?:.*\S)?$")]
    media_type: Annotated[str, Field(min_length=3, max_length=100)]
    content: Annotated[str, Field(min_length=4, max_length=1_000_000)]
    """Base64."""

    def document(self, number: int) -> Document:
        """As the action takes it.

        Raises:
            InvalidError: the content is not Base64.
        """
        try:
            content = base64.b64decode(self.content, validate=True)
        except (ValueError, binascii.Error):
            raise InvalidError(NOT_BASE64(at=f"/documents/{number}/content")) from None
        return Document(name=self.name, media_type=self.media_type, content=content)


class SendBody(WireModel):
    """Have the bill sent to another platform; the last step names who receives it."""

    steps: Annotated[list[StepBody], Field(min_length=1, max_length=10)]
    documents: Annotated[list[DocumentBody], Field(default_factory=list, max_length=20)]


class TransferAnswer(WireModel):
    """An outgoing transfer and what became of it."""

    id: str
    ebl: str
    platform: str
    state: TransferState
    code: ResponseCode | None
    """The other platform's signed code; none as long as it goes on."""
    why: str
    answer: str = Field(max_length=300_000)
    """Its signed answer, for one's own files."""
    attempts: int
    last_error: str
    made_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, found: Outgoing) -> "TransferAnswer":
        """Show a transfer."""
        return cls(
            id=found.id,
            ebl=found.ebl,
            platform=found.platform,
            state=found.state,
            code=ResponseCode(found.code) if found.code else None,
            why=found.why,
            answer=found.answer,
            attempts=found.attempts,
            last_error=found.last_error,
            made_at=found.made_at,
            ended_at=found.ended_at,
        )


class EblAnswer(WireModel):
    """An electronic bill as it stands."""

    ebl: str
    carrier: str
    transport_document_reference: str
    possessor_platform: str
    possessor_id: str
    ended: bool
    sending: str

    @classmethod
    def of(cls, found: Ebl) -> "EblAnswer":
        """Show a bill."""
        return cls(**cls.fields_of(found))

    @staticmethod
    def fields_of(found: Ebl) -> dict[str, Any]:
        """What is shown of a bill."""
        return {
            "ebl": found.ebl,
            "carrier": found.carrier,
            "transport_document_reference": found.transport_document_reference,
            "possessor_platform": found.possessor_platform,
            "possessor_id": found.possessor_id,
            "ended": found.ended,
            "sending": found.sending,
        }


class TransactionAnswer(WireModel):
    """One step of the chain."""

    action: Action
    actor: str
    actor_platform: str
    recipient: str | None
    recipient_platform: str | None

    @classmethod
    def of(cls, one: Transaction) -> "TransactionAnswer":
        """Show a step."""
        to = one.recipient
        return cls(
            action=one.action,
            actor=one.actor.name,
            actor_platform=one.actor.platform,
            recipient=to.name if to else None,
            recipient_platform=to.platform if to else None,
        )


class EblWithChain(EblAnswer):
    """An electronic bill and everything that was done with it."""

    chain: list[TransactionAnswer]


class EblQuery(QueryModel):
    """Which page of the bills."""

    after: Checksum | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EblPage(WireModel):
    """Electronic bills, by checksum."""

    items: list[EblAnswer]


@bp.get("/ebls", responses=answers(EblPage, 200))
@needs("document:read")
def list_bills(query: EblQuery) -> Response:
    """See the electronic bills that one has or had (本单位的电子提单)."""
    return look(
        lambda uow: sending.look_at_bills(uow, after=query.after or "", limit=query.limit),
        lambda found: EblPage(items=[EblAnswer.of(one) for one in found]),
    )


@bp.get("/ebls/<ebl>", responses=answers(EblWithChain, 200))
@needs("document:read")
def see_bill(path: EblPath) -> Response:
    """See an electronic bill and its chain (电子提单及转让链)."""
    return look(
        lambda uow: sending.look_at_bill(path.ebl, uow),
        lambda found: EblWithChain(
            chain=[TransactionAnswer.of(one) for one in found[1]],
            **EblAnswer.fields_of(found[0]),
        ),
    )


@bp.post("/ebls/<ebl>/transfers", responses=answers(TransferAnswer))
@needs("exchange:write")
def send(path: EblPath, body: SendBody) -> Response:
    """Have one's bill sent to another platform (发送电子提单)."""
    command = SendEbl(
        ebl=path.ebl,
        steps=tuple(one.step() for one in body.steps),
        documents=tuple(one.document(number) for number, one in enumerate(body.documents)),
    )
    return perform(
        lambda uow: sending.send(command, here(services()), uow),
        TransferAnswer.of,
        location=lambda made: f"/v1/ebl-transfers/{made.id}",
    )


@bp.get("/ebl-transfers/<id>", responses=answers(TransferAnswer, 200))
@needs("exchange:write")
def see_transfer(path: IdPath) -> Response:
    """See what became of one's transfer (转让状态)."""
    return look(lambda uow: sending.look_at_transfer(path.id, uow), TransferAnswer.of)


class SettlementBody(WireModel):
    """How a dispute was settled."""

    stands: Stands
    evidence: Checksum
    """SHA-256 of what the parties signed."""

    def command(self, transfer_id: str) -> Settle:
        """As the actions take it."""
        return Settle(transfer_id=transfer_id, stands=self.stands, evidence=self.evidence)


@bp.post("/ebl-transfers/<id>/settlement", responses=answers(TransferAnswer))
@needs("exchange:write")
def propose_settlement(path: IdPath, body: SettlementBody) -> Response:
    """Say, as the party in possession, how the dispute was settled (提出争议了结)."""
    return perform(lambda uow: settling.propose(body.command(path.id), uow), TransferAnswer.of)


@bp.post("/ebl-transfers/<id>/settlement/confirmation", responses=answers(TransferAnswer))
@needs("party:admin")
def confirm_settlement(path: IdPath, body: SettlementBody) -> Response:
    """Confirm what the party in possession proposed (确认争议了结)."""
    return perform(lambda uow: settling.confirm(body.command(path.id), uow), TransferAnswer.of)
