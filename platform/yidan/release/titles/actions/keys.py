"""Keys and offices on the contract 密钥与职能: who may sign for whom.

A party has one handle. Its key is made and kept by the platform, encrypted, or is its own; then the
party proves that it holds it before the platform registers it. Offices (issuer, authority, gate)
are given out by the platform's administrator; the contract lets nobody take a kept one.
"""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.parties.actions import acting_party
from yidan.parties.tables import find_party
from yidan.ports import TitleDesk
from yidan.release.actions.access import acting, known_party
from yidan.release.titles import events, tables
from yidan.release.titles.events import Custody
from yidan.release.titles.rules.guards import KEY_NOT_CONFIRMED, NO_KEY
from yidan.release.titles.rules.offices import (
    AUTHORITIES,
    GATE_KEEPERS,
    GATEKEEPERS,
    ISSUERS,
    KEEPERS,
    MOST,
    SERIALS,
    Authority,
    Gate,
    authority_bit,
    gate_bit,
)
from yidan.release.titles.tables import Office, Party
from yidan.store.unit_of_work import UnitOfWork

HANDLES: Final = "titles:handles"
"""What is locked to give out a number."""

HAS_KEY = reason(
    "title-key-already",
    en="Your organisation has a key on the chain, or is getting one.",
    zh="贵单位已有链上密钥，或正在登记。",
)
NO_ADDRESS = reason(
    "title-key-address",
    en="An own key is named by its address: 0x and 40 hex digits.",
    zh="自持密钥须以地址表示：0x 加40位十六进制数字。",
)
BAD_PROOF = reason(
    "title-key-not-proved",
    en="The signature is not that of the key over the data shown.",
    zh="签名与所示数据及密钥不符。",
)
NOT_OWN = reason(
    "title-key-not-own",
    en="The platform keeps this key; there is nothing to prove.",
    zh="该密钥由平台托管；无需证明。",
)
OFFICE_TAKEN = reason(
    "title-office-taken",
    en="The office is given out; its keeper alone can hand it over.",
    zh="该职能已授予；只能由其持有方移交。",
)
WRONG_ROLE = reason(
    "title-office-role",
    en="This office is for an organisation in the role {role}.",
    zh="该职能只能授予角色为 {role} 的单位。",
)

STANDING_WAITS = reason(
    "title-standing-waits",
    en="The contract has not confirmed the last change of this organisation's standing yet.",
    zh="该单位上一次暂停或恢复尚未获链上确认。",
    owner=Role.ADMINISTRATOR,
)
STANDING_UNCHANGED = reason(
    "title-standing-unchanged",
    en="The organisation stands like that on the contract already.",
    zh="该单位在合约上已处于此状态。",
)
NO_EVIDENCE: Final = "0" * 64


@dataclass(frozen=True, kw_only=True)
class NameKey:
    """Ask for a handle with a key."""

    custody: Custody
    key: str = ""
    """Address of an own key."""


@dataclass(frozen=True, kw_only=True)
class GiveOffice:
    """Give an office to a party."""

    party: str
    """Its id or `scheme:value`."""
    authority: Authority | None = None
    """Of an authority's hold …"""
    gate: Gate | None = None
    """… or of a gate's keeper …"""
    terminal: bool = False
    """… or of a terminal, which collects; none of them: of an issuer."""


def name_key(command: NameKey, desk: TitleDesk, uow: UnitOfWork) -> Party:
    """Give the acting party its handle; the ledger registers the key once it is proved.

    Raises:
        ForbiddenError: the party is not verified.
        InvalidError: an own key without its address.
        RefusedError: it has one.
    """
    party = acting_party(uow)
    key = desk.address(command.key) if command.custody is Custody.OWN else ""
    if command.custody is Custody.OWN and not key:
        raise InvalidError(NO_ADDRESS(at="/key"))
    uow.lock(HANDLES)
    if tables.party_of(uow.connection, party.id) is not None:
        raise RefusedError(HAS_KEY())
    handle = tables.highest_handle(uow.connection) + 1
    named = events.PartyNamed(handle=handle, party_id=party.id, custody=command.custody, key=key)
    uow.record(f"handle:{handle}", named)
    return own_key(uow)


def prove_key(signature: str, desk: TitleDesk, uow: UnitOfWork) -> Party:
    """Take a party's proof that it holds its own key.

    Raises:
        NotFoundError: the party named none.
        RefusedError: the platform keeps it, or another key signed.
    """
    acting_party(uow)
    found = own_key(uow)
    if found.custody is not Custody.OWN:
        raise RefusedError(NOT_OWN())
    shown = desk.possession(found.handle, found.wanted_key)
    if desk.signer(shown, signature) != found.wanted_key:
        raise RefusedError(BAD_PROOF())
    subject = f"handle:{found.handle}"
    uow.lock(subject)
    uow.record(subject, events.KeyProved(handle=found.handle, signature=signature))
    return own_key(uow)


@dataclass(frozen=True, kw_only=True)
class AskStanding:
    """Suspend a party on the contract, or restore it."""

    party: str
    """Its id or `scheme:value`."""
    suspended: bool
    why: str
    """Recorded here, never on the chain."""
    evidence: str = NO_EVIDENCE
    """Hash of the reason or evidence, 64 hex digits."""


def ask_standing(command: AskStanding, uow: UnitOfWork) -> Party:
    """Have the contract suspend a party or restore it; the ledger, its registrar, does.

    Raises:
        ForbiddenError: the acting party is not the platform's administrator.
        NotFoundError: no such party with a key that the contract has.
        RefusedError: it stands like that already, or waits for the last change.
    """
    acting(uow, Role.ADMINISTRATOR)
    named = find_party(uow.connection, command.party)
    found = tables.party_of(uow.connection, named.id) if named else None
    if found is None or not found.key:
        raise NotFoundError
    uow.lock(f"handle:{found.handle}")
    found = tables.party_by_handle(uow.connection, found.handle) or found
    if found.standing_waits:
        raise RefusedError(STANDING_WAITS())
    if found.suspended is command.suspended:
        raise RefusedError(STANDING_UNCHANGED())
    asked = events.StandingAsked(
        handle=found.handle,
        ask_id=uow.new_id(),
        suspended=command.suspended,
        evidence=command.evidence,
    )
    uow.record(f"handle:{found.handle}", asked, reason=command.why)
    return tables.party_by_handle(uow.connection, found.handle) or found


def own_key(uow: UnitOfWork) -> Party:
    """The acting party's handle and key.

    Raises:
        NotFoundError: it has none.
    """
    found = tables.party_of(uow.connection, uow.actor.party)
    if found is None:
        raise NotFoundError
    return found


def give_office(command: GiveOffice, uow: UnitOfWork) -> Office:
    """Give an office of the contract to a party; the ledger appoints its key.

    Raises:
        ForbiddenError: the acting party is not the platform's administrator.
        NotFoundError: no such verified party.
        RefusedError: the office is given out, or the party has another role.
    """
    acting(uow, Role.ADMINISTRATOR)
    party = known_party(uow, command.party)
    if party is None:
        raise NotFoundError
    role = Role.CARRIER
    if command.authority is not None:
        role = KEEPERS[command.authority]
    elif command.gate is not None:
        role = GATE_KEEPERS[command.gate]
    elif command.terminal:
        role = Role.TERMINAL
    if role not in party.roles:
        raise RefusedError(WRONG_ROLE(role=role.value))
    uow.lock(HANDLES)
    number = _office_number(command, party.id, uow)
    if tables.office(uow.connection, number) is not None:
        raise RefusedError(OFFICE_TAKEN())
    uow.record(f"office:{number}", events.OfficeGiven(office=number, party_id=party.id))
    given = tables.office(uow.connection, number)
    if given is None:
        raise NotFoundError
    return given


def _office_number(command: GiveOffice, party_id: str, uow: UnitOfWork) -> int:
    if command.authority is not None:
        return AUTHORITIES + authority_bit(command.authority)
    if command.gate is not None:
        return GATEKEEPERS + gate_bit(command.gate)
    first = SERIALS if command.terminal else ISSUERS
    offices = tables.offices(uow.connection)
    alike = [one for one in offices if one.office // MOST == first // MOST]
    mine = [one.office for one in alike if one.party_id == party_id]
    return mine[0] if mine else max((one.office for one in alike), default=first) + 1


def kept_by(uow: UnitOfWork, number: int, party: Party) -> bool:
    """Whether the contract has a party's key for an office."""
    found = tables.office(uow.connection, number)
    return found is not None and bool(party.key) and found.key == party.key


def with_key(uow: UnitOfWork, party_id: str, name: str) -> Party:
    """A party whose key the contract has.

    Raises:
        ForbiddenError: it has none, or none that is confirmed.
    """
    found = tables.party_of(uow.connection, party_id)
    if found is None:
        raise ForbiddenError(NO_KEY(party=name))
    if not found.key:
        raise ForbiddenError(KEY_NOT_CONFIRMED(party=name))
    return found
