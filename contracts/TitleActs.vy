# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize codesize
"""
@title Acts on titles beside the plain life 控制权的其他操作
@license Apache-2.0
@notice A part of ReleaseLedger: it runs on that contract's storage and is of no use by itself.
"""

import ledger_events as ev
import ledger_state as st
import title_word as tw

initializes: st

# A proposal binds its maker for so long at most.
LONGEST_PROPOSAL: constant(uint256) = 30 * 86400


# Transfer in two steps 两步转让.


@external
def propose(title: bytes32, sequence: uint24, taker: uint32, deadline: uint40, roles: uint8):
    """
    @notice Offer a title to a taker, who accepts or declines by the deadline; then it falls back.
    @param roles 1 ownership (endorsement by the owner), 2 possession (by the holder), 3 both.
    """
    word: uint256 = st.titles[title]
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.PENDING - tw.ACTIVE)
    offered: uint256 = convert(roles, uint256)
    assert offered != 0 and offered < 4, "UnknownRole"
    tw._assert_free(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    owner: uint256 = (word >> tw.OWNER_AT) & tw.HANDLE_MASK
    if owner == tw.BEARER:
        owner = holder
    assert offered != 3 or owner == holder, "NotOwnerAndHolder"
    st._only_party(owner if offered == 1 else holder)
    until: uint256 = convert(deadline, uint256)
    assert until > block.timestamp and until <= block.timestamp + LONGEST_PROPOSAL, "DeadlineOutOfRange"
    assert st.parties[convert(taker, uint256)] != empty(address), "UnknownParty"
    changed |= (convert(taker, uint256) << tw.TAKER_AT) | (until << tw.UNTIL_AT) | (offered << tw.ROLES_AT)
    st.titles[title] = changed
    log ev.Proposed(title=title, word=changed)


@internal
@view
def _pending(title: bytes32, sequence: uint256) -> uint256:
    """
    @notice The word of a title that is on offer to the sender, in time.
    """
    word: uint256 = st.titles[title]
    assert word & tw.STATE_MASK == tw.PENDING, "NotPending"
    assert word >> tw.SEQUENCE_AT == sequence, "StaleSequence"
    st._only_party((word >> tw.TAKER_AT) & tw.HANDLE_MASK)
    assert block.timestamp <= (word >> tw.UNTIL_AT) & tw.TIME_MASK, "ProposalLapsed"
    return word


@external
def accept(title: bytes32, sequence: uint24):
    """
    @notice Take what was offered, by the deadline.
    """
    word: uint256 = self._pending(title, convert(sequence, uint256))
    assert word & tw.FREEZING_HOLDS == 0, "FrozenByAuthority"
    taker: uint256 = (word >> tw.TAKER_AT) & tw.HANDLE_MASK
    roles: uint256 = (word >> tw.ROLES_AT) & 3
    changed: uint256 = tw._settled(word)
    owner: uint256 = taker if roles & 1 != 0 else (word >> tw.OWNER_AT) & tw.HANDLE_MASK
    holder: uint256 = taker if roles & 2 != 0 else (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    changed = tw._with_roles(changed, owner, holder)
    st.titles[title] = changed
    log ev.Accepted(title=title, word=changed)


@external
def decline(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice Refuse what was offered, by the deadline: nothing has moved.
    """
    changed: uint256 = tw._settled(self._pending(title, convert(sequence, uint256)))
    st.titles[title] = changed
    log ev.Declined(title=title, word=changed, reason=reason)


@external
def reclaim(title: bytes32):
    """
    @notice End an offer whose deadline has passed; anybody may, so there is no dead end.
    """
    word: uint256 = st.titles[title]
    assert word & tw.STATE_MASK == tw.PENDING, "NotPending"
    assert block.timestamp > (word >> tw.UNTIL_AT) & tw.TIME_MASK, "ProposalOpen"
    changed: uint256 = tw._settled(word)
    st.titles[title] = changed
    log ev.Reclaimed(title=title, word=changed)
