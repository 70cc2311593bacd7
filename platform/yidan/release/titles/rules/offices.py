"""Offices on the contract: who keeps which, and which bits are theirs (链上职务); pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Role

ISSUERS: Final = 1 << 16
"""Office of issuer n, a carrier, is `ISSUERS + n`."""
AUTHORITIES: Final = 3 << 16
"""Office of the authority that owns hold bit b."""
GATEKEEPERS: Final = 4 << 16
"""Office of the keeper of gate bit b."""
TERMINALS: Final = 2 << 16
"""Office of terminal n is `TERMINALS + n`."""
SERIALS: Final = TERMINALS + 1
"""Office of the platform itself, as the terminal that uses release serials up."""
MOST: Final = 1 << 16
"""Offices of one class."""


class Authority(StrEnum):
    """Who may hold a title, in the order of its bits; the first four stop the goods alone."""

    CUSTOMS = "customs"
    QUARANTINE = "quarantine"
    TERMINAL = "terminal"
    CARRIER = "carrier"
    COURT = "court"
    BANK = "bank"
    PORT_AUTHORITY = "port_authority"
    SECURITY = "security"


class Gate(StrEnum):
    """What must be satisfied before goods leave, in the order of its bits (LEDGER 2)."""

    CARRIER = "carrier"
    CUSTOMS = "customs"
    PAYMENT = "payment"
    TERMINAL_CHARGES = "terminal_charges"
    QUARANTINE = "quarantine"


KEEPERS: Final[Mapping[Authority, Role]] = MappingProxyType(
    {
        Authority.CUSTOMS: Role.CUSTOMS,
        Authority.QUARANTINE: Role.REGULATOR,
        Authority.TERMINAL: Role.TERMINAL,
        Authority.CARRIER: Role.CARRIER,
        Authority.COURT: Role.REGULATOR,
        Authority.BANK: Role.BANK,
        Authority.PORT_AUTHORITY: Role.REGULATOR,
        Authority.SECURITY: Role.REGULATOR,
    }
)
"""The role of whom an administrator may give the office of an authority to."""
GATE_KEEPERS: Final[Mapping[Gate, Role]] = MappingProxyType(
    {
        Gate.CARRIER: Role.CARRIER,
        Gate.CUSTOMS: Role.CUSTOMS,
        Gate.PAYMENT: Role.BANK,
        Gate.TERMINAL_CHARGES: Role.TERMINAL,
        Gate.QUARANTINE: Role.REGULATOR,
    }
)
"""The same for the keeper of a gate."""


def authority_bit(authority: Authority) -> int:
    """The bit of an authority's hold, counted from the least significant."""
    return list(Authority).index(authority)


def gate_bit(gate: Gate) -> int:
    """The bit of a gate, counted from the least significant."""
    return list(Gate).index(gate)
