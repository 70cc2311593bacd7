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
import typed_data as td

initializes: st

# A proposal binds its maker for so long at most.
LONGEST_PROPOSAL: constant(uint256) = 30 * 86400
SHORTEST_NOTICE: constant(uint256) = 86400
LONGEST_NOTICE: constant(uint256) = 366 * 86400
# Parents or children of one replacement.
MOST: constant(uint256) = 8
# What may be missing when a title is closed: one part in twenty.
TOLERANCE: constant(uint256) = 20
PAPER: constant(bytes32) = keccak256("paper")
CONSENT_TYPE: constant(bytes32) = keccak256(
    "PledgeeConsent(bytes32 title,uint24 sequence,bytes32 lineage,uint256 deadline)"
)


struct Child:
    title: bytes32
    quantity: uint64


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
    st._demand(offered != 0 and offered < 4, "UnknownRole")
    tw._assert_free(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    owner: uint256 = (word >> tw.OWNER_AT) & tw.HANDLE_MASK
    if owner == tw.BEARER:
        owner = holder
    st._demand(offered != 3 or owner == holder, "NotOwnerAndHolder")
    st._for_party(owner if offered == 1 else holder, st.MAY_PROPOSE, title, word)
    until: uint256 = convert(deadline, uint256)
    st._demand(until > block.timestamp and until <= block.timestamp + LONGEST_PROPOSAL, "DeadlineOutOfRange")
    st._only_known(convert(taker, uint256))
    changed |= (convert(taker, uint256) << tw.TAKER_AT) | (until << tw.UNTIL_AT) | (offered << tw.ROLES_AT)
    st.titles[title] = changed
    log ev.Proposed(title=title, word=changed)


@internal
def _pending(title: bytes32, sequence: uint256) -> uint256:
    """
    @notice The word of a title that is on offer to the sender, in time.
    """
    word: uint256 = st.titles[title]
    st._demand(word & tw.STATE_MASK == tw.PENDING, "NotPending")
    st._demand(word >> tw.SEQUENCE_AT == sequence, "StaleSequence")
    st._for_party((word >> tw.TAKER_AT) & tw.HANDLE_MASK, st.MAY_ANSWER, title, word)
    st._demand(block.timestamp <= (word >> tw.UNTIL_AT) & tw.TIME_MASK, "ProposalLapsed")
    return word


@external
def accept(title: bytes32, sequence: uint24):
    """
    @notice Take what was offered, by the deadline.
    """
    word: uint256 = self._pending(title, convert(sequence, uint256))
    st._demand(word & tw.FREEZING_HOLDS == 0, "FrozenByAuthority")
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
    st._demand(word & tw.STATE_MASK == tw.PENDING, "NotPending")
    st._demand(block.timestamp > (word >> tw.UNTIL_AT) & tw.TIME_MASK, "ProposalOpen")
    changed: uint256 = tw._settled(word)
    st.titles[title] = changed
    log ev.Reclaimed(title=title, word=changed)


@internal
@view
def _owned(title: bytes32, sequence: uint24) -> uint256:
    """
    @notice The word of a free title whose one owner and holder acts on it as it stands.
    """
    word: uint256 = st.titles[title]
    st._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), "StaleSequence")
    tw._assert_movable(word)
    st._only_party((word >> tw.HOLDER_AT) & tw.HANDLE_MASK)
    return word


# Endorsement in blank 空白背书. To order is an offer of the ownership alone.


@external
def endorse_in_blank(title: bytes32, sequence: uint24):
    """
    @notice Let whoever holds the title own it; the holder of one endorsed so names itself as owner again.
    """
    word: uint256 = st.titles[title]
    changed: uint256 = tw._next(word, convert(sequence, uint256))
    tw._assert_free(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    owner: uint256 = (word >> tw.OWNER_AT) & tw.HANDLE_MASK
    st._demand(owner == holder or owner == tw.BEARER, "NotOwnerAndHolder")
    st._only_party(holder)
    changed = tw._with_roles(changed, tw.BEARER if owner == holder else holder, holder)
    st.titles[title] = changed
    log ev.EndorsedInBlank(title=title, word=changed)


# Pledge 质押.


@external
def pledge(title: bytes32, sequence: uint24, pledgee: uint32, notice: uint32):
    """
    @notice Pledge a title: nothing moves it or takes its goods out without the pledgee (I7).
    @param notice Seconds between the pledgee's notice and its foreclosure.
    """
    changed: uint256 = tw._bump(self._owned(title, sequence)) | tw.PLEDGED
    length: uint256 = convert(notice, uint256)
    st._demand(length >= SHORTEST_NOTICE and length <= LONGEST_NOTICE, "NoticeOutOfRange")
    st._only_known(convert(pledgee, uint256))
    second: uint256 = convert(pledgee, uint256) | (length << tw.NOTICE_AT)
    st.titles[title] = changed
    st.seconds[title] = second
    log ev.PledgeMade(title=title, word=changed, pledge=second)


@internal
@view
def _pledged(title: bytes32, sequence: uint24) -> uint256:
    """
    @notice The word of a live title whose pledgee acts on it as it stands.
    """
    word: uint256 = st.titles[title]
    st._demand(word & tw.STATE_MASK < tw.ENDED, "NotLive")
    st._demand(word & tw.PLEDGED != 0, "NotPledged")
    st._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), "StaleSequence")
    st._only_party(st.seconds[title] & tw.HANDLE_MASK)
    return word


@external
def discharge(title: bytes32, sequence: uint24):
    """
    @notice The pledgee gives its pledge up.
    """
    word: uint256 = self._pledged(title, sequence)
    changed: uint256 = tw._bump(word) & ~(tw.PLEDGED | tw.FORECLOSING)
    st.titles[title] = changed
    st.seconds[title] = 0
    log ev.PledgeDischarged(title=title, word=changed)


@external
def assign_pledge(title: bytes32, sequence: uint24, pledgee: uint32):
    """
    @notice The pledgee passes its pledge on; a notice that was given goes on running.
    """
    changed: uint256 = tw._bump(self._pledged(title, sequence))
    st._only_known(convert(pledgee, uint256))
    second: uint256 = (st.seconds[title] & ~tw.HANDLE_MASK) | convert(pledgee, uint256)
    st.titles[title] = changed
    st.seconds[title] = second
    log ev.PledgeAssigned(title=title, word=changed, pledge=second)


@external
def give_notice(title: bytes32, sequence: uint24):
    """
    @notice The pledgee announces foreclosure: from now on no goods leave.
    """
    word: uint256 = self._pledged(title, sequence)
    st._demand(word & tw.FORECLOSING == 0, "Foreclosing")
    changed: uint256 = tw._bump(word) | tw.FORECLOSING
    second: uint256 = st.seconds[title]
    second |= (block.timestamp + ((second >> tw.NOTICE_AT) & tw.NOTICE_MASK)) << tw.ENDS_AT
    st.titles[title] = changed
    st.seconds[title] = second
    log ev.NoticeGiven(title=title, word=changed, pledge=second)


@external
def withdraw_notice(title: bytes32, sequence: uint24):
    """
    @notice The pledgee takes its notice back.
    """
    word: uint256 = self._pledged(title, sequence)
    st._demand(word & tw.FORECLOSING != 0, "NoNotice")
    changed: uint256 = tw._bump(word) & ~tw.FORECLOSING
    st.titles[title] = changed
    st.seconds[title] &= tw.PLEDGE_MASK
    log ev.NoticeWithdrawn(title=title, word=changed)


@external
def foreclose(title: bytes32, sequence: uint24):
    """
    @notice After its notice the pledgee becomes owner and holder of what has not been delivered.
    """
    word: uint256 = self._pledged(title, sequence)
    st._demand(word & tw.FORECLOSING != 0, "NoNotice")
    second: uint256 = st.seconds[title]
    st._demand(block.timestamp > second >> tw.ENDS_AT, "NoticeRunning")
    st._demand(word & tw.FREEZING_HOLDS == 0, "FrozenByAuthority")
    st._demand(word & tw.STATE_MASK != tw.AMENDMENT, "ForAmendment")
    st._demand(((word >> tw.ORDERED_AT) ^ (word >> tw.COLLECTED_AT)) & tw.QUANTITY_MASK == 0, "OrdersOpen")
    pledgee: uint256 = second & tw.HANDLE_MASK
    changed: uint256 = tw._with_roles(tw._bump(word) & ~(tw.PLEDGED | tw.FORECLOSING), pledgee, pledgee)
    st.titles[title] = changed
    st.seconds[title] = 0
    log ev.Foreclosed(title=title, word=changed)


@external
def surrender_pledged(
    title: bytes32, sequence: uint24, lineage: bytes32, deadline: uint256, r: bytes32, vs: uint256
):
    """
    @notice Surrender a pledged title; the pledgee's EIP-712 consent travels in the call.
    @param lineage Zero: for delivery. Else what is to take the title's place.
    """
    word: uint256 = st.titles[title]
    changed: uint256 = tw._next(word, convert(sequence, uint256))
    st._demand(word & tw.PLEDGED != 0, "NotPledged")
    tw._assert_movable(word & ~tw.PLEDGED)
    st._demand(word & tw.FORECLOSING == 0, "Foreclosing")
    st._only_party((word >> tw.HOLDER_AT) & tw.HANDLE_MASK)
    st._demand(block.timestamp <= deadline, "ConsentExpired")
    consent: bytes32 = keccak256(abi_encode(CONSENT_TYPE, title, sequence, lineage, deadline))
    pledgee: uint256 = st.seconds[title] & tw.HANDLE_MASK
    st._demand(td._signer(consent, r, vs) == st.parties[pledgee], "BadConsent")
    if lineage == empty(bytes32):
        changed += tw.SURRENDERED - tw.ACTIVE
        st.titles[title] = changed
        log ev.Surrendered(title=title, word=changed)
    else:
        self._surrender_for(title, changed, lineage)


# Amendment 改单: the holder says by a hash what it wants, the issuer does just that.


@internal
def _surrender_for(title: bytes32, word: uint256, lineage: bytes32):
    changed: uint256 = word + (tw.AMENDMENT - tw.ACTIVE)
    changed |= (convert(lineage, uint256) >> 176) << tw.NOTED_AT
    st.titles[title] = changed
    log ev.SurrenderedForAmendment(title=title, word=changed, lineage=lineage)


@external
def surrender_for_amendment(title: bytes32, sequence: uint24, lineage: bytes32):
    """
    @notice Ask the issuer to replace a title by others, by paper or by nothing.
    @param lineage keccak256(abi_encode(title, others, children)), or keccak256(abi_encode(PAPER, paper)).
    """
    self._surrender_for(title, tw._bump(self._owned(title, sequence)), lineage)


@internal
@view
def _for_amendment(title: bytes32, sequence: uint24) -> uint256:
    word: uint256 = st.titles[title]
    st._demand(word & tw.STATE_MASK == tw.AMENDMENT, "NotForAmendment")
    st._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), "StaleSequence")
    st._only_issuer(word)
    return word


@internal
@view
def _to_amend(title: bytes32, sequence: uint24, lineage: bytes32) -> uint256:
    """
    @notice The word of a title that its holder surrendered for just this, and its issuer acts.
    """
    word: uint256 = self._for_amendment(title, sequence)
    st._demand(word & tw.FREEZING_HOLDS == 0, "FrozenByAuthority")
    st._demand((word >> tw.NOTED_AT) & tw.NOTED_MASK == convert(lineage, uint256) >> 176, "OtherLineage")
    return word


@external
def reject_amendment(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice Give a title surrendered for amendment back as it was.
    """
    changed: uint256 = tw._settled(self._for_amendment(title, sequence))
    st.titles[title] = changed
    log ev.AmendmentRejected(title=title, word=changed, reason=reason)


@external
def replace(title: bytes32, sequence: uint24, others: DynArray[bytes32, MOST], children: DynArray[Child, MOST]):
    """
    @notice Void a title, with others that are alike, and issue what takes its place, in one step (I5, I11):
            split 拆单 (several children), merge 并单 (others and one child), reissue 改单重签 (one child,
            whose quantity may differ), void 作废 (none).
    @dev Children inherit owner, holder, holds, gates and pledge.
    """
    lineage: bytes32 = keccak256(abi_encode(title, others, children))
    first: uint256 = self._to_amend(title, sequence, lineage)
    second: uint256 = st.seconds[title]
    total: uint256 = self._void(title, first, lineage)
    for other: bytes32 in others:
        word: uint256 = self._to_amend(other, convert(st.titles[other] >> tw.SEQUENCE_AT, uint24), lineage)
        alike: bool = (word ^ first) & tw.INHERITED_MASK == 0 and st.seconds[other] == second
        st._demand(alike, "UnlikeTitles")
        first &= word | ~tw.SATISFIED_MASK
        total += self._void(other, word, lineage)
    conserved: bool = len(children) > 1 or len(others) > 0
    for child: Child in children:
        amount: uint256 = convert(child.quantity, uint256)
        st._demand(amount != 0 and amount <= (total if conserved else tw.QUANTITY_MASK), "QuantityOutOfRange")
        total = unsafe_sub(total, amount)
        self._issue_child(child.title, first, amount, second)
    st._demand(not conserved or total == 0, "QuantitiesDiffer")


@internal
def _void(title: bytes32, word: uint256, lineage: bytes32) -> uint256:
    changed: uint256 = tw._bump(word) + (tw.VOID - tw.AMENDMENT)
    st.titles[title] = changed
    st.seconds[title] = 0
    log ev.Replaced(title=title, word=changed, lineage=lineage)
    return (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK


@internal
def _issue_child(title: bytes32, parent: uint256, amount: uint256, second: uint256):
    st._demand(convert(title, uint256) >= tw.LEAST_TITLE, "BadTitle")
    st._demand(st.titles[title] == 0, "AlreadyIssued")
    word: uint256 = parent & (tw.INHERITED_MASK | tw.SATISFIED_MASK)
    word |= tw.ACTIVE | tw.CHILD | tw.SEQUENCE_ONE | (amount << tw.QUANTITY_AT)
    st.titles[title] = word
    if second != 0:
        st.seconds[title] = second
    log ev.Issued(title=title, word=word)


# Paper 纸质单证.


@external
def switch_to_paper(title: bytes32, sequence: uint24, paper: bytes32):
    """
    @notice End a title because a paper document takes its place.
    """
    word: uint256 = self._to_amend(title, sequence, keccak256(abi_encode(PAPER, paper)))
    st._demand(word & tw.PLEDGED == 0, "Pledged")
    changed: uint256 = tw._bump(word) + (tw.PAPER - tw.AMENDMENT)
    st.titles[title] = changed
    log ev.SwitchedToPaper(title=title, word=changed, paper=paper)


@external
def switch_back(title: bytes32, paper_title: bytes32, holder: uint32):
    """
    @notice Issue a new title for one switched to paper, once, when the issuer has the paper back.
    """
    word: uint256 = st.titles[paper_title]
    st._demand(word & tw.STATE_MASK == tw.PAPER, "NotPaper")
    st._demand(st.seconds[paper_title] == 0, "AlreadyIssued")
    st._only_issuer(word)
    number: uint256 = convert(holder, uint256)
    st._only_known(number)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    self._issue_child(title, tw._with_roles(word, number, number), quantity, 0)
    st.seconds[paper_title] = convert(title, uint256)
    log ev.SwitchedBack(title=title, paper_title=paper_title)


# Orders 提货指令.


@external
def renominate(title: bytes32, number: uint24, nominee: uint32):
    """
    @notice Name another nominee for what is left of an order 改指定提货人.
    """
    placed: uint256 = st.orders[title][convert(number, uint256)]
    st._demand(placed & tw.STATE_MASK == tw.OPEN, "OrderNotOpen")
    st._only_office(st.ISSUERS + ((placed >> tw.ORDER_ISSUER_AT) & tw.OFFICE_MASK))
    placed = placed & ~(tw.HANDLE_MASK << tw.ORDER_NOMINEE_AT)
    placed |= convert(nominee, uint256) << tw.ORDER_NOMINEE_AT
    changed: uint256 = tw._bump(st.titles[title])
    st.titles[title] = changed
    st.orders[title][convert(number, uint256)] = placed
    log ev.Renominated(title=title, word=changed, order=placed)


@external
def close_with_tolerance(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice End a title of which a little was not collected: a shortage by draft survey 短重结案.
    """
    word: uint256 = st.titles[title]
    st._demand(word & tw.STATE_MASK == tw.RELEASING, "NotSurrendered")
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASED - tw.RELEASING)
    st._only_issuer(word)
    collected: uint256 = (word >> tw.COLLECTED_AT) & tw.QUANTITY_MASK
    st._demand((word >> tw.ORDERED_AT) & tw.QUANTITY_MASK == collected, "OrdersOpen")
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    st._demand((quantity - collected) * TOLERANCE <= quantity, "BeyondTolerance")
    st.titles[title] = changed
    log ev.Closed(title=title, word=changed, reason=reason)
