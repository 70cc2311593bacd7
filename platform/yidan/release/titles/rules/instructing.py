"""Where an instruction stands, and what kinds there are (链上指令); pure."""

from enum import StrEnum
from typing import Final

from yidan.kernel.reasons import Role
from yidan.release.titles.events import Act, Custody


class InstructionState(StrEnum):
    """Where an instruction stands."""

    AWAITING_CONSENT = "awaiting_consent"
    """待受让方同意"""
    AWAITING_SIGNATURE = "awaiting_signature"
    """待本方签署"""
    READY = "ready"
    """待链上确认: it will be sent, or is on its way"""
    CONFIRMED = "confirmed"
    """已确认"""
    REFUSED = "refused"
    """已拒绝"""
    WITHDRAWN = "withdrawn"
    """已撤回"""

    @classmethod
    def open(cls) -> "tuple[InstructionState, ...]":
        """Those without an outcome."""
        return (cls.AWAITING_CONSENT, cls.AWAITING_SIGNATURE, cls.READY)

    @classmethod
    def unconfirmed(cls) -> "tuple[InstructionState, ...]":
        """Those that an outcome on the chain confirms: what was given up may still be performed."""
        return (*cls.open(), cls.REFUSED, cls.WITHDRAWN)


def first_state(custody: Custody, *, consent: bool) -> InstructionState:
    """Where an instruction begins: the consent comes first, as the signature covers it."""
    return InstructionState.AWAITING_CONSENT if consent else state_after_consent(custody)


def state_after_consent(custody: Custody) -> InstructionState:
    """Where it stands with its consent: a party that keeps its own key has to sign."""
    if custody is Custody.OWN:
        return InstructionState.AWAITING_SIGNATURE
    return InstructionState.READY


def role_among(roles: frozenset[Role]) -> Role:
    """The role in which a party is concerned by a title."""
    usual = (Role.CARRIER, Role.BANK, Role.CONSIGNEE, Role.FORWARDER)
    return next((role for role in usual if role in roles), min(roles))


OF_ORDERS: Final = frozenset({Act.ORDER, Act.COLLECT, Act.REVOKE_ORDER})
"""Acts of which the platform itself tells the contract."""
SEQUENCED: Final = frozenset(Act) - {
    Act.HOLD,
    Act.UNHOLD,
    Act.SATISFY,
    Act.UNSATISFY,
    Act.COLLECT,
    Act.REVOKE_ORDER,
}
"""Acts that are for a title at one sequence; the others carry a nonce: nothing overtakes a hold."""
KNOWN_BY_OUTCOME: Final = SEQUENCED | OF_ORDERS
"""Acts whose outcome tells which instruction it was, also one that was given up."""
CONSENTED: Final = frozenset({Act.TRANSFER, Act.SURRENDER_PLEDGED})
"""Acts in which another party's consent travels."""
