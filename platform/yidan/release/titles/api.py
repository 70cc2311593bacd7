"""`/v1/titles`: keys and offices, issue, instructions, consents and signatures, looking."""

from collections.abc import Sequence
from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import IdPath, Instant, PathModel, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.http.wiring import services
from yidan.release.titles import amending, tables
from yidan.release.titles.actions import instructions, keys, looking
from yidan.release.titles.actions.amending import Child, Wish
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate, authority_bit, gate_bit
from yidan.release.titles.word import TitleState

bp = APIBlueprint("titles", __name__, url_prefix="/v1", abp_tags=[Tag(name="Titles 链上控制权")])

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{130}$")]
Named = Annotated[str, Field(min_length=1, max_length=80)]
MaybeNamed = Annotated[str, Field(max_length=80)]


class TitlePath(PathModel):
    """The path parameter `{title}`."""

    title: Hash


class KeyBody(WireModel):
    """Who keeps the key, and which it is if the party brings its own."""

    custody: Custody
    key: Annotated[str, Field(max_length=42)] = ""
    """Address of an own key: 0x and 40 hex digits."""


class SignatureBody(WireModel):
    """A signature over what was shown."""

    signature: Signature
    """r, s, v of 65 bytes; v is 27 or 28."""


class ConsentBody(WireModel):
    """The consent; with a signature where the party keeps its own key."""

    signature: Signature | None = None


class WhyBody(WireModel):
    """Why it is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class KeyAnswer(WireModel):
    """A party's handle and key."""

    handle: int
    custody: Custody
    key: str
    """Address that the contract has, "" until it is confirmed."""
    suspended: bool
    """Whether the contract refuses what the party signs for itself."""
    to_sign: dict[str, Any]
    """EIP-712 typed data by which an own key proves that it is held; empty if none is awaited."""


class StandingBody(WireModel):
    """Which party is to be suspended on the contract, or restored, and why."""

    party: Named
    suspended: bool
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    """Recorded here alone."""
    evidence: Hash = keys.NO_EVIDENCE
    """Hash of the reason or evidence, for the chain."""


class StandingAnswer(WireModel):
    """How a party stands on the contract, and is to stand."""

    handle: int
    party_id: str
    suspended: bool
    """Confirmed by the contract."""
    wanted: bool
    """Asked for by the administrator."""

    @classmethod
    def of(cls, found: tables.Party) -> "StandingAnswer":
        """Show a standing."""
        return cls(
            handle=found.handle,
            party_id=found.party_id,
            suspended=found.suspended,
            wanted=found.wanted_suspended,
        )


class OfficeBody(WireModel):
    """Who is to keep which office; no authority, gate or terminal: that of an issuer."""

    party: Named
    authority: Authority | None = None
    gate: Gate | None = None
    terminal: bool = False
    """That of a terminal, which collects bulk goods."""


class OfficeAnswer(WireModel):
    """An office and its keeper."""

    office: int
    party_id: str
    key: str
    """Address that keeps it, "" until it is confirmed."""

    @classmethod
    def of(cls, found: tables.Office) -> "OfficeAnswer":
        """Show an office."""
        return cls(office=found.office, party_id=found.party_id, key=found.key)


class IssueBody(WireModel):
    """A bill's title and its first holder."""

    waybill_id: Named
    holder: Named
    quantity: Annotated[int, Field(ge=1, lt=1 << 40)] | None = None
    """In the document's unit; left out: the bill's boxes, else its kilograms."""
    gates: Annotated[list[Gate], Field(max_length=len(Gate))] = Field(default_factory=list)
    document_commitment: Hash | None = None
    """SHA-256 of the carrier's own document; left out: of the bill as submitted."""


class ChildBody(WireModel):
    """A title that is to take others' place."""

    quantity: Annotated[int, Field(ge=1, lt=1 << 40)]
    title: Hash | None = None
    """Its id, drawn by the holder; left out: drawn by the platform."""
    document_commitment: Hash | None = None
    """SHA-256 of its own document; left out: of the title's whose place it takes."""


class InstructionBody(WireModel):
    """An act on a title; which other fields it needs depends on the act."""

    act: Act
    sequence: Annotated[int, Field(ge=1, lt=1 << 24)] | None = None
    """The sequence that was seen; refused if it is another by now."""
    deadline: Instant | None = None
    """Past it the contract refuses; left out: one day."""
    to: MaybeNamed = ""
    """Taker or pledgee: party id or `scheme:value`."""
    offered_until: Instant | None = None
    notice_s: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    """Seconds between a pledgee's notice and its foreclosure."""
    authority: Authority | None = None
    gate: Gate | None = None
    evidence: Hash = keys.NO_EVIDENCE
    """Hash of the reason or evidence: no text stands on the chain."""
    children: Annotated[list[ChildBody], Field(max_length=amending.MOST)] | None = None
    """For amendment: what takes the title's place; none voids it."""
    others: Annotated[list[Hash], Field(max_length=amending.MOST)] = Field(default_factory=list)
    """For amendment: titles that are merged with it."""
    paper: Hash | None = None
    """For amendment: SHA-256 of the paper that takes its place."""
    reason: Annotated[str, Field(max_length=500)] = ""
    """Why, in words: recorded here alone."""


class InstructionAnswer(WireModel):
    """An instruction and what became of it."""

    id: str
    title: str
    act: Act
    sequence: int
    deadline: Instant
    state: InstructionState
    code: str
    """The contract's reason where it was refused, else ""."""
    message_en: str
    message_zh: str
    to_sign: dict[str, Any]
    """EIP-712 typed data that the caller has to sign now; empty if none."""

    @classmethod
    def of(cls, asked: instructions.Asked) -> "InstructionAnswer":
        """Show an instruction."""
        found = asked.instruction
        return cls(
            id=found.id,
            title=found.title,
            act=found.act,
            sequence=found.sequence,
            deadline=found.deadline,
            state=found.state,
            code=found.code,
            message_en=asked.sentence[0],
            message_zh=asked.sentence[1],
            to_sign=dict(asked.to_sign),
        )


class InstructionList(WireModel):
    """Instructions without an outcome."""

    items: list[InstructionAnswer]

    @classmethod
    def of(cls, found: Sequence[looking.Pending]) -> "InstructionList":
        """Show them."""
        return cls(items=[InstructionAnswer.of(one.asked) for one in found])


class TitleView(WireModel):
    """A title as the contract has it, confirmed."""

    id: str
    transport_document_reference: str
    state: TitleState
    sequence: int
    quantity: int
    ordered: int
    collected: int
    owner: str
    """Party id, "" where the platform does not know it; so below."""
    holder: str
    taker: str
    offered_until: Instant | None
    pledged: bool
    pledgee: str
    foreclosing: bool
    holds: list[Authority]
    gates_required: list[Gate]
    gates_satisfied: list[Gate]
    document_commitment: str
    parents: list[str]
    word: str
    block_number: int

    @classmethod
    def of(cls, title: tables.Title) -> "TitleView":
        """Show a title."""
        return cls(
            id=title.id,
            transport_document_reference=title.transport_document_reference,
            state=title.state,
            sequence=title.sequence,
            quantity=title.quantity,
            ordered=title.ordered,
            collected=title.collected,
            owner=title.owner_party,
            holder=title.holder_party,
            taker=title.taker_party,
            offered_until=title.offered_until,
            pledged=title.pledged,
            pledgee=title.pledgee_party,
            foreclosing=title.foreclosing,
            holds=[one for one in Authority if title.holds >> authority_bit(one) & 1],
            gates_required=_gates(title.gates_required),
            gates_satisfied=_gates(title.gates_satisfied),
            document_commitment=title.document_commitment,
            parents=list(title.parents),
            word=title.word,
            block_number=title.block_number,
        )


class TitleList(WireModel):
    """A page of titles."""

    items: list[TitleView]
    next_cursor: str
    """"" on the last page."""

    @classmethod
    def of(cls, found: Sequence[tables.Title], limit: int) -> "TitleList":
        """Show a page."""
        more = cursor_of(found[-1].id) if len(found) == limit else ""
        return cls(items=[TitleView.of(title) for title in found], next_cursor=more)


def _gates(bits: int) -> list[Gate]:
    return [one for one in Gate if bits >> gate_bit(one) & 1]


def _key(found: tables.Party) -> KeyAnswer:
    awaits = found.custody is Custody.OWN and not found.possession
    desk = services().titles
    return KeyAnswer(
        handle=found.handle,
        custody=found.custody,
        key=found.key,
        suspended=found.suspended,
        to_sign=desk.possession(found.handle, found.wanted_key) if awaits else {},
    )


@bp.post("/title-keys", responses=answers(KeyAnswer))
@needs("release:write")
def name_key(body: KeyBody) -> Response:
    """Get a handle on the contract, with a key that the platform keeps or an own one."""
    command = keys.NameKey(custody=body.custody, key=body.key)
    return perform(lambda uow: keys.name_key(command, services().titles, uow), _key)


@bp.post("/title-keys/possession", responses=answers(KeyAnswer))
@needs("release:write")
def prove_key(body: SignatureBody) -> Response:
    """Prove that the own key is held."""
    return perform(lambda uow: keys.prove_key(body.signature, services().titles, uow), _key)


@bp.get("/title-keys", responses=answers(KeyAnswer, 200))
@needs("release:read")
def see_key() -> Response:
    """Show the own handle and key."""
    return look(keys.own_key, _key)


@bp.post("/title-offices", responses=answers(OfficeAnswer))
@needs("party:admin")
def give_office(body: OfficeBody) -> Response:
    """Give an office of the contract to a party."""
    command = keys.GiveOffice(
        party=body.party, authority=body.authority, gate=body.gate, terminal=body.terminal
    )
    return perform(lambda uow: keys.give_office(command, uow), OfficeAnswer.of)


@bp.post("/title-standings", responses=answers(StandingAnswer))
@needs("party:admin")
def ask_standing(body: StandingBody) -> Response:
    """Have the contract refuse what a party signs for itself, or take it again."""
    command = keys.AskStanding(
        party=body.party, suspended=body.suspended, why=body.reason, evidence=body.evidence
    )
    return perform(lambda uow: keys.ask_standing(command, uow), StandingAnswer.of)


@bp.post("/titles", responses=answers(InstructionAnswer))
@needs("release:write")
def issue_title(body: IssueBody) -> Response:
    """Ask the contract to issue a bill's title."""
    command = instructions.IssueTitle(
        waybill_id=body.waybill_id,
        holder=body.holder,
        quantity=body.quantity or 0,
        gates=tuple(body.gates),
        document_commitment=body.document_commitment or "",
    )
    return perform(
        lambda uow: instructions.issue_title(command, services().titles, uow),
        InstructionAnswer.of,
        location=_where,
    )


@bp.get("/titles", responses=answers(TitleList, 200))
@needs("release:read")
def list_titles(query: PageQuery) -> Response:
    """List the titles that concern the caller."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: looking.list_titles(uow, before=before[0] if before else "", limit=query.limit),
        lambda found: TitleList.of(found, query.limit),
    )


@bp.get("/titles/<title>", responses=answers(TitleView, 200))
@needs("release:read")
def see_title(path: TitlePath) -> Response:
    """Show a title as the contract has it."""
    return look(lambda uow: looking.see_title(path.title, uow), TitleView.of)


@bp.post("/titles/<title>/instructions", responses=answers(InstructionAnswer))
@needs("release:write")
def instruct_title(path: TitlePath, body: InstructionBody) -> Response:
    """Ask the contract for an act on a title."""
    command = instructions.InstructTitle(
        title=path.title,
        act=body.act,
        sequence=body.sequence,
        deadline=body.deadline,
        to=body.to,
        offered_until=body.offered_until,
        notice_s=body.notice_s,
        authority=body.authority,
        gate=body.gate,
        evidence=body.evidence,
        why=body.reason,
        wish=_wish(body),
    )
    return perform(
        lambda uow: instructions.instruct_title(command, services().titles, uow),
        InstructionAnswer.of,
        location=_where,
    )


@bp.get("/title-instructions", responses=answers(InstructionList, 200))
@needs("release:read")
def list_instructions() -> Response:
    """List what has no outcome yet and is the caller's to sign, to consent to, or asked for."""
    return look(lambda uow: looking.waiting(services().titles, uow), InstructionList.of)


@bp.get("/title-instructions/<id>", responses=answers(InstructionAnswer, 200))
@needs("release:read")
def see_instruction(path: IdPath) -> Response:
    """Show an instruction, and what the caller has to sign."""
    return look(
        lambda uow: instructions.see_instruction(path.id, services().titles, uow),
        InstructionAnswer.of,
    )


@bp.post("/title-instructions/<id>/consent", responses=answers(InstructionAnswer))
@needs("release:write")
def consent(path: IdPath, body: ConsentBody) -> Response:
    """Agree as taker or pledgee."""
    return perform(
        lambda uow: instructions.consent(path.id, body.signature or "", services().titles, uow),
        InstructionAnswer.of,
    )


@bp.post("/title-instructions/<id>/signature", responses=answers(InstructionAnswer))
@needs("release:write")
def sign(path: IdPath, body: SignatureBody) -> Response:
    """Sign one's own instruction with one's own key."""
    return perform(
        lambda uow: instructions.sign(path.id, body.signature, services().titles, uow),
        InstructionAnswer.of,
    )


@bp.post("/title-instructions/<id>/withdrawal", responses=answers(InstructionAnswer))
@needs("release:write")
def withdraw(path: IdPath, body: WhyBody) -> Response:
    """Take an incomplete instruction back, or deny the consent to it."""
    return perform(
        lambda uow: instructions.withdraw(path.id, body.reason, services().titles, uow),
        InstructionAnswer.of,
    )


def _wish(body: InstructionBody) -> Wish | None:
    if body.children is None and not body.paper and not body.others:
        return None
    children = body.children or ()
    listed = tuple(
        Child(
            quantity=one.quantity,
            title=one.title or "",
            document_commitment=one.document_commitment or "",
        )
        for one in children
    )
    return Wish(
        children=None if body.children is None else listed,
        others=tuple(body.others),
        paper=body.paper or "",
    )


def _where(asked: instructions.Asked) -> str:
    return f"/v1/title-instructions/{asked.instruction.id}"
