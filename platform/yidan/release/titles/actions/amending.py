"""What is asked to take a title's place 改单方案: drawn up for its holder, found for its issuer."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from yidan.kernel.content import JsonValue
from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import reason
from yidan.ports import TitleDesk
from yidan.release.titles import amending, events, tables, word
from yidan.release.titles.events import Act, TitleInstructed
from yidan.release.titles.rules.guards import Family
from yidan.release.titles.tables import Title
from yidan.store.unit_of_work import UnitOfWork

ASKING: Final = frozenset({Act.SURRENDER_FOR_AMENDMENT, Act.SURRENDER_PLEDGED})
"""What the holder asks by."""
WISH_MISSING = reason(
    "title-wish-missing",
    en="Say what takes the title's place: children (none to void it), or the SHA-256 of a paper;"
    " not both.",
    zh="请说明由何取代该单证：新单证（作废则为空），或纸质文件的 SHA-256；二者只能选一。",
)
CHILD_TWICE = reason(
    "title-child-twice",
    en="A title that is to be issued is there already, or named twice.",
    zh="拟签发的单证编号已存在或重复。",
)


@dataclass(frozen=True, kw_only=True)
class Child:
    """A title that is to take others' place."""

    quantity: int
    title: str = ""
    """Its id, drawn by the holder; "": drawn here."""
    document_commitment: str = ""
    """SHA-256 of its own document; "": of the title's whose place it takes."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to take a title's place."""

    children: tuple[Child, ...] | None = None
    """None of them: the title is voided; None: a paper takes its place."""
    others: tuple[str, ...] = ()
    """Titles that are merged with it."""
    paper: str = ""
    """SHA-256 of the paper document, 64 hex digits."""


def terms_of(uow: UnitOfWork, title: Title, wish: Wish, desk: TitleDesk) -> dict[str, Any]:
    """A wish as the terms of an instruction, with the hash by which the contract knows it.

    Raises:
        InvalidError: it says neither or both, or names a title that there is.
    """
    if (wish.children is None) is (wish.paper == ""):
        raise InvalidError(WISH_MISSING(at="/children"))
    if wish.paper:
        return {"lineage": desk.paper_lineage(wish.paper), "paper": wish.paper}
    children = [_drawn(title, wish, one, desk) for one in wish.children or ()]
    ids = [one["title"] for one in children]
    if len(set(ids)) < len(ids) or any(_is_taken(uow, one) for one in ids):
        raise InvalidError(CHILD_TWICE(at="/children"))
    drawn = [(one["title"], one["quantity"]) for one in children]
    return {
        "lineage": desk.lineage(title.id, wish.others, drawn),
        "first": title.id,
        "others": list(wish.others),
        "children": children,
    }


def _is_taken(uow: UnitOfWork, title_id: str) -> bool:
    """Whether there is such a title, or one was asked for."""
    issued = tables.find_title(uow.connection, title_id)
    return issued is not None or bool(tables.instructions_of(uow.connection, title_id))


def _drawn(title: Title, wish: Wish, child: Child, desk: TitleDesk) -> dict[str, Any]:
    salt = secrets.token_bytes(32)
    document = child.document_commitment or title.document_commitment
    about: dict[str, JsonValue] = {
        "document": document,
        "quantity": child.quantity,
        "replaces": [title.id, *wish.others],
    }
    return {
        "title": child.title or desk.title_id(about, salt),
        "quantity": child.quantity,
        "document": child.document_commitment,
        "salt": "" if child.title else salt.hex(),
    }


def issued_again(paper: Title, asked: TitleInstructed, desk: TitleDesk) -> TitleInstructed:
    """The issue of a new title, drawn here, for the bill of one that went on paper."""
    salt = secrets.token_bytes(32)
    about: dict[str, JsonValue] = {"document": paper.document_commitment, "paper": paper.id}
    return replace(
        asked,
        title=desk.title_id(about, salt),
        sequence=0,
        waybill_id=paper.waybill_id,
        carrier=paper.carrier,
        transport_document_reference=paper.transport_document_reference,
        document_commitment=paper.document_commitment,
        salt=salt.hex(),
    )


def wish_of(uow: UnitOfWork, title: Title) -> Mapping[str, Any] | None:
    """The terms for which a title is surrendered for amendment now; None if they are not known."""
    lineages = [
        recorded.event.evidence
        for recorded in uow.history(f"title:{title.id}")
        if isinstance(recorded.event, events.TitleConfirmed)
        if recorded.event.happened == "SurrenderedForAmendment"
    ]
    known = [
        one.terms
        for one in tables.instructions_of(uow.connection, title.id)
        if lineages and one.act in ASKING and one.terms.get("lineage") == lineages[-1]
    ]
    return known[-1] if known else None


def answer_of(uow: UnitOfWork, title: Title) -> dict[str, Any]:
    """The terms by which the issuer does what the holder asked for; {} where it is not known."""
    wish = wish_of(uow, title)
    if wish is None or wish.get("first", title.id) != title.id:
        return {}
    return dict(wish)


def family_of(uow: UnitOfWork, title: Title, act: Act, terms: Mapping[str, Any]) -> Family | None:
    """What an act on a title says of its place; None where it says nothing, or is not known."""
    if not terms.get("lineage"):
        return None
    others = _others(uow, title, terms)
    answered = act in amending.ANSWERS
    agreed = [wish_of(uow, one) or {} for one in others] if answered else []
    return amending.family(
        terms,
        tuple(word.read(one.word) for one in others),
        one_pledge=all(one.second == title.second for one in others),
        surrendered=all(
            one.state is word.TitleState.AMENDMENT and said.get("lineage") == terms["lineage"]
            for one, said in zip(others, agreed, strict=False)
        ),
    )


def _others(uow: UnitOfWork, title: Title, terms: Mapping[str, Any]) -> Sequence[Title]:
    """Those that are merged, but for the title itself."""
    ids = [terms.get("first", title.id), *terms.get("others", ())]
    found = [tables.find_title(uow.connection, one) for one in ids if one != title.id]
    return [one for one in found if one is not None]
