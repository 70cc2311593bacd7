# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Title word and order word
@license Apache-2.0
@notice Lays out the one packed 256-bit word of a title (控制权) and of a release order (提货指令), LEDGER 0.4 and 1.
@dev Pure: no storage, no sender, no time. Offsets count from the least significant bit.

Title word, 256 bits:
    0    4  state              4    4  flags: pledged, roles apart, child, foreclosing
    8   40  quantity, issued  48   40  ordered       88   40  collected
    128 32  owner handle     160   32  holder handle
    192  8  holds, one bit per authority            200    8  gates required    208    8  gates satisfied
    216 16  issuer number    232   24  sequence

Nothing is ordered before a surrender, so in state PENDING the 80 bits from 48 hold the offer instead:
    48  32  taker handle      80   40  deadline, UTC seconds      120   8  roles (1 owner, 2 holder)

Order word, 216 of 256 bits:
    0    4  state              8   16  terminal number       24  32  nominee handle
    56  40  authorised        96   40  collected            136  40  valid until, UTC seconds
    176 16  issuer number      192  24  order number

Second word of a pledged title; of one switched to paper and back, the id of the title that it became:
    0   32  pledgee handle    32   32  notice, seconds            64   40  end of notice, UTC seconds

Quantities are integers of the unit in the document (kilograms for bulk): 40 bits hold 1,099,511,627,775.
"""

import reasons as why

# States. Every end state is a non-zero tombstone (LEDGER 3) and has bit 3 set.
ABSENT: constant(uint256) = 0
ACTIVE: constant(uint256) = 1
PENDING: constant(uint256) = 2
SURRENDERED: constant(uint256) = 3
RELEASING: constant(uint256) = 4
AMENDMENT: constant(uint256) = 5
ENDED: constant(uint256) = 8
RELEASED: constant(uint256) = 8
VOID: constant(uint256) = 9
PAPER: constant(uint256) = 10
MIGRATED: constant(uint256) = 11

PLEDGED: constant(uint256) = 16
APART: constant(uint256) = 32
CHILD: constant(uint256) = 64
FORECLOSING: constant(uint256) = 128

# The handle of an owner in blank: whoever holds the title owns it.
BEARER: constant(uint256) = 2**32 - 1

# States of an order.
OPEN: constant(uint256) = 1
COMPLETE: constant(uint256) = 2
REVOKED: constant(uint256) = 3

# A title's id is a hash. What is below are the numbers and keys of parties, offices and orders.
LEAST_TITLE: constant(uint256) = 2**160

STATE_MASK: constant(uint256) = 2**4 - 1
SEQUENCE_AT: constant(uint256) = 232
SEQUENCE_ONE: constant(uint256) = 2**232
QUANTITY_AT: constant(uint256) = 8
ORDERED_AT: constant(uint256) = 48
COLLECTED_AT: constant(uint256) = 88
QUANTITY_MASK: constant(uint256) = 2**40 - 1
OWNER_AT: constant(uint256) = 128
HOLDER_AT: constant(uint256) = 160
HANDLE_MASK: constant(uint256) = 2**32 - 1
# Everything but owner and holder.
ROLES_CLEARED: constant(uint256) = max_value(uint256) - (2**64 - 1) * 2**128
HOLDS_AT: constant(uint256) = 192
REQUIRED_AT: constant(uint256) = 200
SATISFIED_AT: constant(uint256) = 208
ISSUER_AT: constant(uint256) = 216

HOLDS_MASK: constant(uint256) = 255 * 2**192
SATISFIED_MASK: constant(uint256) = 255 * 2**208
# Any hold, or a foreclosure: no goods leave.
STOPPED_MASK: constant(uint256) = 255 * 2**192 + 128
# Goods released against a letter of indemnity: a gate that is required and that nobody keeps.
LOI_GATE: constant(uint8) = 7
LOI: constant(uint256) = 2**207
REQUIRED_MASK: constant(uint256) = 255 * 2**200

# Holds 4 to 7 (court, bank, port authority, security) freeze the title itself; 0 to 3 (customs,
# quarantine, terminal, carrier) stop the goods and leave the title free to move.
FREEZING_HOLDS: constant(uint256) = 240 * 2**192
# State and flags and holds of a title that moves by a plain transfer: active and nothing else.
MOVABLE_MASK: constant(uint256) = 15 + 16 + 32 + 240 * 2**192

# Everything that a title passes on to those that take its place: roles, holds, gates, issuer, pledge.
INHERITED_MASK: constant(uint256) = (2**208 - 2**128) + (2**232 - 2**216) + 16 + 128

NOTICE_AT: constant(uint256) = 32
ENDS_AT: constant(uint256) = 64
NOTICE_MASK: constant(uint256) = 2**32 - 1
PLEDGE_MASK: constant(uint256) = 2**64 - 1

TAKER_AT: constant(uint256) = 48
UNTIL_AT: constant(uint256) = 80
ROLES_AT: constant(uint256) = 120
OFFER_CLEARED: constant(uint256) = max_value(uint256) - (2**80 - 1) * 2**48

ORDER_TERMINAL_AT: constant(uint256) = 8
ORDER_NOMINEE_AT: constant(uint256) = 24
ORDER_AUTHORISED_AT: constant(uint256) = 56
ORDER_COLLECTED_AT: constant(uint256) = 96
ORDER_VALID_UNTIL_AT: constant(uint256) = 136
ORDER_ISSUER_AT: constant(uint256) = 176
ORDER_NUMBER_AT: constant(uint256) = 192
ORDER_NUMBER_MASK: constant(uint256) = 2**24 - 1
OFFICE_MASK: constant(uint256) = 2**16 - 1
TIME_MASK: constant(uint256) = 2**40 - 1


@internal
@pure
def _next(word: uint256, sequence: uint256) -> uint256:
    """
    @notice Check the instruction's sequence against the word and count it up by one (I12).
    """
    why._demand(word >> SEQUENCE_AT == sequence, why.StaleSequence)
    return self._bump(word)


@internal
@pure
def _bump(word: uint256) -> uint256:
    """
    @notice Count the sequence up by one, also for a change that may come in any order (hold, collect).
    """
    changed: uint256 = unsafe_add(word, SEQUENCE_ONE)
    why._demand(changed > word, why.SequenceExhausted)
    return changed


@internal
@pure
def _assert_free(word: uint256):
    """
    @notice Refuse unless the title is active, not frozen and not pledged (I7).
    """
    why._demand(word & STATE_MASK == ACTIVE, why.NotActive)
    why._demand(word & FREEZING_HOLDS == 0, why.FrozenByAuthority)
    why._demand(word & PLEDGED == 0, why.Pledged)


@internal
@pure
def _assert_movable(word: uint256):
    """
    @notice Refuse unless the title is free and its owner holds it.
    """
    self._assert_free(word)
    why._demand(word & APART == 0, why.NotOwnerAndHolder)


@internal
@pure
def _settled(word: uint256) -> uint256:
    """
    @notice The word active again, without the offer that was noted in it.
    """
    return (self._bump(word) & OFFER_CLEARED & ~STATE_MASK) | ACTIVE


@internal
@pure
def _with_roles(word: uint256, owner: uint256, holder: uint256) -> uint256:
    """
    @notice The word with another owner and holder, flagged if they are two.
    """
    changed: uint256 = (word & ROLES_CLEARED & ~APART) | (owner << OWNER_AT) | (holder << HOLDER_AT)
    if owner != holder:
        changed |= APART
    return changed


@internal
@pure
def _assert_goods_free(word: uint256):
    """
    @notice Refuse while any authority holds the goods, a pledgee forecloses or a required gate is not
            satisfied (I4).
    """
    if word & STOPPED_MASK != 0:
        why._demand(word & HOLDS_MASK == 0, why.HeldByAuthority)
        why._demand(False, why.Foreclosing)
    why._demand(word & REQUIRED_MASK & ~(word >> 8) == 0, why.GateNotSatisfied)
