"""Settle the dispute over a bill that another platform refused with DISE (争议了结).

What the parties agreed outside the platform is written down by two: the party in possession says
what stands, and an administrator, who has seen the same evidence, confirms it. Neither can alone:
the possessor would send a bill that another holds, the administrator would take one away.
"""

from dataclasses import dataclass
from typing import Final

from yidan.exchange.pint import tables
from yidan.exchange.pint.actions import titles
from yidan.exchange.pint.actions.sending import find, look_at_transfer
from yidan.exchange.pint.actions.signers import require_administrator
from yidan.exchange.pint.events import EblDisputeSettled, EblSettlementProposed, Stands
from yidan.exchange.pint.tables import Ebl, Outgoing, TransferState
from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.store.unit_of_work import UnitOfWork

NO_DISPUTE: Final = reason(
    "ebl-no-dispute",
    en="Transfer {transfer} is not in dispute; there is nothing to settle.",
    zh="转让 {transfer} 不存在争议；无需了结。",
)
NOT_PROPOSED: Final = reason(
    "ebl-settlement-not-proposed",
    en="The party in possession has not proposed just this; it first says what stands and by what.",
    zh="占有人尚未提出与此相同的了结；须先由其说明以何为准及其依据。",
)
BY_ONE: Final = reason(
    "ebl-settlement-by-one",
    en="Your organisation proposed it; another one's administrator confirms.",
    zh="该了结由贵单位提出；须由其他单位的管理员确认。",
    owner=Role.ADMINISTRATOR,
)


@dataclass(frozen=True, kw_only=True)
class Settle:
    """What stands, and by what."""

    transfer_id: str
    stands: Stands
    evidence: str
    """SHA-256 of what the parties signed, hex."""


def propose(command: Settle, uow: UnitOfWork) -> Outgoing:
    """Say, as the party in possession, what stands; it counts once it is confirmed.

    Raises:
        NotFoundError: no such transfer, or another party's.
        RefusedError: it is not in dispute.
    """
    look_at_transfer(command.transfer_id, uow)
    transfer, known = _disputed(command, uow)
    happened = EblSettlementProposed(
        ebl=known.ebl, transfer_id=transfer.id, stands=command.stands, evidence=command.evidence
    )
    uow.record(f"ebl:{known.ebl}", happened)
    return transfer


def confirm(command: Settle, uow: UnitOfWork) -> Outgoing:
    """Confirm, as an administrator, what the party in possession proposed.

    Raises:
        NotFoundError: no such transfer, or the acting party is no administrator.
        RefusedError: it is not in dispute, something else was proposed, or by the same party.
    """
    require_administrator(uow)
    transfer, known = _disputed(command, uow)
    if transfer.party_id == uow.actor.party:
        raise RefusedError(BY_ONE())
    if (known.stands, known.evidence) != (command.stands, command.evidence):
        raise RefusedError(NOT_PROPOSED())
    happened = EblDisputeSettled(
        ebl=known.ebl,
        transfer_id=transfer.id,
        stands=command.stands,
        evidence=command.evidence,
        platform=transfer.platform,
    )
    uow.record(f"ebl:{known.ebl}", happened)
    return transfer


def _disputed(command: Settle, uow: UnitOfWork) -> tuple[Outgoing, Ebl]:
    transfer = tables.outgoing(uow.connection, command.transfer_id)
    if transfer is None:
        raise NotFoundError
    known = find(uow, transfer.ebl)
    titles.lock_bill(uow, known.ebl, known.carrier, known.transport_document_reference)
    known = find(uow, transfer.ebl)
    if transfer.state is not TransferState.DISPUTED or known.sending != transfer.id:
        raise RefusedError(NO_DISPUTE(transfer=transfer.id))
    return transfer, known
