"""The pages of titles: who controls the goods, what is owed next, and the forms to ask for it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for

from yidan.http import auth
from yidan.http.auth import needs
from yidan.http.page import do, led_to, show
from yidan.http.problems import kind_of
from yidan.http.wiring import services
from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from yidan.kernel.reasons import Reason
from yidan.parties import tables as parties
from yidan.release.titles import forms, next_steps, tables, word, words
from yidan.release.titles.actions import instructions, keys, looking
from yidan.release.titles.actions.standing import sentence_of
from yidan.release.titles.events import Custody
from yidan.release.titles.rules.offices import Authority, Gate, authority_bit, gate_bit
from yidan.release.titles.tables import Title
from yidan.store import standing
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import get_bill

bp = Blueprint("title_pages", __name__, url_prefix="/titles")
A = TypeVar("A")

PAGE: Final = 50
"""Rows on a page."""


@bp.get("")
@needs("release:read")
def titles() -> Response:
    """The titles that I may see, and what waits for me; `?bill=` those of one bill."""
    return _list()


@bp.post("")
@needs("release:write")
def issue() -> Response:
    """Ask for the title of a bill."""
    gates = [one for one in Gate if one.value in request.form.getlist("gates")]
    command = instructions.IssueTitle(
        waybill_id=forms.text("bill"), holder=forms.text("to"), gates=tuple(gates)
    )
    desk = services().titles

    def work(uow: UnitOfWork) -> str:
        return instructions.issue_title(command, desk, uow).instruction.title

    return _done(work, lambda title_id: led_to(".title", title_id=title_id), _list)


@bp.post("/keys")
@needs("release:write")
def name_key() -> Response:
    """Get a key on the chain: one that the platform keeps, or the own one of the address given."""
    address, desk = forms.text("key"), services().titles
    command = keys.NameKey(custody=Custody.OWN if address else Custody.PLATFORM, key=address)
    return _done(lambda uow: keys.name_key(command, desk, uow), _to_list, _list)


@bp.post("/keys/possession")
@needs("release:write")
def prove_key() -> Response:
    """Prove that the own key is held."""
    given, desk = forms.signature(), services().titles
    return _done(lambda uow: keys.prove_key(given, desk, uow), _to_list, _list)


@bp.get("/<title_id>")
@needs("release:read")
def title(title_id: str) -> Response:
    """One title: its state, what is pending, what I may ask for, what happened."""
    return _one(title_id[:64])


@bp.post("/<title_id>")
@needs("release:write")
def ask(title_id: str) -> Response:
    """Ask the contract for an act on a title."""
    desk = services().titles

    def work(uow: UnitOfWork) -> object:
        return instructions.instruct_title(forms.command(title_id), desk, uow)

    return _done(
        work,
        lambda _: led_to(".title", title_id=title_id),
        lambda *said: _one(title_id, *said),
    )


@bp.post("/<title_id>/<instruction_id>")
@needs("release:write")
def step(title_id: str, instruction_id: str) -> Response:
    """Consent to an instruction, sign it, or take it back."""
    desk, given, kind = services().titles, forms.signature(), forms.text("step")

    def work(uow: UnitOfWork) -> object:
        match kind:
            case "consent":
                return instructions.consent(instruction_id, given, desk, uow)
            case "sign":
                return instructions.sign(instruction_id, given, desk, uow)
            case "withdraw":
                return instructions.withdraw(instruction_id, forms.text("why") or "-", desk, uow)
            case _:
                raise NotFoundError

    return _done(
        work,
        lambda _: led_to(".title", title_id=title_id),
        lambda *said: _one(title_id, *said),
    )


def _done(
    work: Callable[[UnitOfWork], A],
    onward: Callable[[A], Response],
    again: Callable[..., Response],
) -> Response:
    """Run a form's action and lead on; or show the page again with every reason against it."""
    try:
        return onward(do(work))
    except (ForbiddenError, InvalidError, RefusedError) as error:
        return again(error.reasons, kind_of(error).status)


# --- what the pages show ------------------------------------------------------------------------


def _to_list(_: object = None) -> Response:
    return led_to(".titles")


def _list(reasons: tuple[Reason, ...] = (), status: int = 200) -> Response:
    before, bill = request.args.get("before", "")[:64], request.values.get("bill", "")[:36]
    response = show("release/titles.html", lambda uow: _rows(uow, before, bill, reasons))
    response.status_code = status
    return response


def _rows(uow: UnitOfWork, before: str, bill: str, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    desk = services().titles
    found = looking.list_titles(uow, before=before, limit=PAGE + 1, waybill_id=bill)
    shown, more = found[:PAGE], len(found) > PAGE
    mine = tables.party_of(uow.connection, uow.actor.party)
    return {
        "reasons": reasons,
        "may_ask": "release:write" in auth.principal().scopes,
        "rows": [_facts(uow, one) for one in shown],
        "waiting": [] if before or bill else looking.waiting(desk, uow),
        "names": _names(uow, shown),
        "key": mine,
        "proof_of_key": _proof_of_key(mine),
        "bill": looking.bill_to_issue(bill, uow),
        "wanted": bill,
        "gates": words.GATE_NAMES,
        "older": url_for(".titles", before=shown[-1].id, bill=bill or None) if more else None,
        **_WORDS,
    }


def _proof_of_key(mine: tables.Party | None) -> Mapping[str, Any] | None:
    """What an own key has to sign, until it did; None as long as no contract stands."""
    if mine is None or mine.custody is not Custody.OWN or mine.possession:
        return None
    try:
        return services().titles.possession(mine.handle, mine.wanted_key)
    except UnavailableError:
        return None


def _one(title_id: str, reasons: tuple[Reason, ...] = (), status: int = 200) -> Response:
    response = show("release/title.html", lambda uow: _title(uow, title_id, reasons))
    response.status_code = status
    return response


def _title(uow: UnitOfWork, title_id: str, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    seen = looking.look_at_title(title_id, services().titles, uow)
    found = seen.title
    told = [recorded.event_id for recorded in seen.history]
    known = [one for one in (found, *seen.heirs) if one]
    read = word.read(found.word) if found else None
    return {
        "reasons": reasons,
        "may_ask": "release:write" in auth.principal().scopes,
        "seen": seen,
        "row": _facts(uow, found) if found else None,
        "not_now": _not_now(seen.possible),
        "holds": [one for one in Authority if read and read.holds >> authority_bit(one) & 1],
        "gates": _gates(read),
        "pledge": word.read_pledge(found.second) if found and found.pledged else None,
        "bill": get_bill(uow.connection, found.waybill_id) if found else None,
        "names": _names(uow, known, {recorded.actor.party for recorded in seen.history}),
        "by_handle": _parties_of(uow, seen),
        "proofs": standing.of_events(uow.connection, told),
        "depth": services().settings.confirmations,
        "refusals": _refusals(seen),
        "fields": forms.FIELDS,
        "tomorrow": _local(uow.now + timedelta(days=1)),
        "read_word": word.read,
        **_WORDS,
    }


def _not_now(
    possible: Iterable[looking.Possible],
) -> list[tuple[tuple[Reason, ...], list[looking.Possible]]]:
    """What may not be asked for now, together where the reasons are the same."""
    found: dict[tuple[str, ...], tuple[tuple[Reason, ...], list[looking.Possible]]] = {}
    for one in possible:
        if one.reasons:
            said = tuple(each.text("en") for each in one.reasons)
            found.setdefault(said, (one.reasons, []))[1].append(one)
    return list(found.values())


def _refusals(seen: looking.Seen) -> dict[str, tuple[str, str]]:
    """What every refusal in the history says, by its code."""
    codes = {getattr(recorded.event, "code", "") for recorded in seen.history} - {""}
    desk = services().titles
    return {code: sentence_of(code) or desk.sentence(code) for code in codes}


def _gates(read: word.Word | None) -> list[tuple[Gate, bool]]:
    """Each required gate, and whether it is satisfied."""
    if read is None:
        return []
    return [
        (one, bool(read.gates_satisfied >> gate_bit(one) & 1))
        for one in Gate
        if (read.gates_required | read.gates_satisfied) >> gate_bit(one) & 1
    ]


def _facts(uow: UnitOfWork, found: Title) -> dict[str, Any]:
    """A title, my part in it, and every step that is owed, each with who of its parties owes it."""
    me = uow.actor.party
    who = {
        next_steps.Who.HOLDER: found.holder_party,
        next_steps.Who.TAKER: found.taker_party,
        next_steps.Who.ISSUER: found.issuer_party,
        next_steps.Who.PLEDGEE: found.pledgee_party,
    }
    steps = []
    for one in next_steps.owed(word.read(found.word), uow.now):
        kept = tables.office(uow.connection, one.office) if one.office else None
        party = kept.party_id if kept else who.get(one.who, "")
        steps.append({"reason": one.reason, "party": party, "mine": me == party})
    return {"title": found, "steps": steps}


def _names(uow: UnitOfWork, found: Iterable[Title], more: Iterable[str] = ()) -> dict[str, str]:
    people = set(more)
    for one in found:
        people |= {one.owner_party, one.holder_party, one.taker_party, one.pledgee_party}
        people |= {one.issuer_party}
    return parties.names(uow.connection, people - {""})


def _parties_of(uow: UnitOfWork, seen: looking.Seen) -> dict[int, str]:
    """The name behind every handle that the history or an instruction speaks of."""
    handles = {one.handle for one in seen.instructions.values()}
    handles |= {one.consent_of for one in seen.instructions.values()}
    for recorded in seen.history:
        told = getattr(recorded.event, "word", "")
        handles |= {word.read(told).holder} if told else set()
    found = {one: tables.party_by_handle(uow.connection, one) for one in handles - {0}}
    known = {handle: party.party_id for handle, party in found.items() if party}
    names = parties.names(uow.connection, known.values())
    return {handle: names.get(party_id, "") for handle, party_id in known.items()}


def _local(instant: datetime) -> str:
    """An instant for a form's field, on the site's clocks."""
    zone = ZoneInfo(services().settings.site_timezone)
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


_WORDS: Final = MappingProxyType(
    {
        "states": words.STATES,
        "acts": words.ACTS,
        "instruction_states": words.INSTRUCTION_STATES,
        "authorities": words.AUTHORITY_NAMES,
        "gate_words": words.GATE_NAMES,
        "happened_words": words.happened,
    }
)
