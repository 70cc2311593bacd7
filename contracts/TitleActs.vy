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
import reasons as why
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
SUCCESSOR: constant(bytes32) = keccak256("successor")
CONSENT_TYPE: constant(bytes32) = keccak256(
    "PledgeeConsent(bytes32 title,uint24 sequence,bytes32 lineage,uint256 deadline)"
)


interface Ledger:
    def title_word(title: bytes32) -> uint256: view
    def second_word(title: bytes32) -> uint256: view
    def lineage_of(title: bytes32) -> bytes32: view
    def party_key(handle: uint32) -> address: view
    def office_key(office: uint32) -> (address, bool): view


struct Child:
    title: bytes32
    quantity: uint64


# Holds and gates 扣留、放行条件. No pause applies to an authority: a hold always gets through (I8).


@internal
def _flip(title: bytes32, office: uint256, at: uint256, stood: bool, reason: uint256) -> uint256:
    """
    @notice Turn one bit of a word over for its office; refuse with the reason unless it stood so.
    """
    st._only_office(office)
    word: uint256 = st.titles[title]
    # A hold may be lifted from what has ended; nothing else changes there.
    if office >= st.GATEKEEPERS or not stood:
        why._demand(word & tw.STATE_MASK != tw.ABSENT and word & tw.STATE_MASK < tw.ENDED, why.NotLive)
    mask: uint256 = 1 << (at + (office & 7))
    why._demand((word & mask != 0) == stood, reason)
    changed: uint256 = tw._bump(word) ^ mask
    st.titles[title] = changed
    return changed


@external
def hold(title: bytes32, authority: uint8, reason: bytes32):
    """
    @notice Set an authority's hold 扣留; a sequence is not asked for, so nothing can overtake it.
    """
    changed: uint256 = self._flip(title, st._authority(authority), tw.HOLDS_AT, False, why.AlreadyHeld)
    log ev.Held(title=title, word=changed, reason=reason)


@external
def unhold(title: bytes32, authority: uint8, reason: bytes32):
    """
    @notice Lift a hold; only the authority that owns the bit can (I8).
    """
    changed: uint256 = self._flip(title, st._authority(authority), tw.HOLDS_AT, True, why.NotHeld)
    log ev.Unheld(title=title, word=changed, reason=reason)


@external
def satisfy(title: bytes32, gate: uint8, evidence: bytes32):
    """
    @notice Satisfy a gate 放行条件 of a live title (carrier, customs, payment and so on).
    """
    changed: uint256 = self._flip(title, st._gatekeeper(gate), tw.SATISFIED_AT, False, why.GateUnchanged)
    log ev.GateSatisfied(title=title, word=changed, evidence=evidence)


@external
def unsatisfy(title: bytes32, gate: uint8, evidence: bytes32):
    """
    @notice Take a gate back while the title lives.
    """
    changed: uint256 = self._flip(title, st._gatekeeper(gate), tw.SATISFIED_AT, True, why.GateUnchanged)
    log ev.GateUnsatisfied(title=title, word=changed, evidence=evidence)


@external
def flag_indemnity(title: bytes32, evidence: bytes32):
    """
    @notice Note that the goods left against a letter of indemnity 保函放货, before the title came back: nothing is
            released against it any more. It lives on as its holder's claim, until it is voided.
    """
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK != tw.ABSENT and word & tw.STATE_MASK < tw.ENDED, why.NotLive)
    st._only_issuer(word)
    why._demand(word & tw.LOI == 0, why.GateUnchanged)
    changed: uint256 = tw._bump(word) | tw.LOI
    st.titles[title] = changed
    log ev.Indemnified(title=title, word=changed, evidence=evidence)


# Seizure 依法扣押: by two authorities that both hold the title.


@external
def seize(title: bytes32, authority: uint8, to: uint32, evidence: bytes32):
    """
    @notice Vote that a party, which is the first voter itself, becomes owner and holder. The vote of a second
            authority for the same party on the same evidence does it. A vote counts while its hold stands.
    @dev Neither owner nor issuer has a voice: see `appoint`. A pledge stays.
    """
    office: uint256 = st._authority(authority)
    st._only_office(office)
    why._demand(st.offices[office] & st.MAY_SEIZE != 0, why.MayNotSeize)
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK < tw.ENDED, why.NotLive)
    holds: uint256 = (word & tw.HOLDS_MASK) >> tw.HOLDS_AT
    why._demand((holds >> (office & 7)) & 1 != 0, why.NotHeld)
    wanted: uint256 = convert(keccak256(abi_encode(to, evidence)), uint256) & ~convert(255, uint256)
    vote: uint256 = st.seizures[title]
    first: uint256 = vote & 255
    if vote ^ first != wanted or first == office & 7 or (holds >> first) & 1 == 0:
        st._only_party(convert(to, uint256))
        st.seizures[title] = wanted | (office & 7)
        log ev.SeizureVoted(title=title, authority=authority, to=to, evidence=evidence)
        return
    changed: uint256 = 0
    if word & tw.STATE_MASK == tw.PENDING or word & tw.STATE_MASK == tw.AMENDMENT:
        changed = tw._settled(word)
        st.lineages[title] = empty(bytes32)
    else:
        self._no_orders(word)
        changed = tw._bump(word)
    changed = tw._with_roles(changed, convert(to, uint256), convert(to, uint256))
    st.titles[title] = changed
    st.seizures[title] = 0
    log ev.Seized(title=title, word=changed, evidence=evidence)


@internal
@pure
def _no_orders(word: uint256):
    """
    @notice Refuse while goods are ordered that were not collected.
    """
    why._demand(((word >> tw.ORDERED_AT) ^ (word >> tw.COLLECTED_AT)) & tw.QUANTITY_MASK == 0, why.OrdersOpen)


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
    why._demand(offered != 0 and offered < 4, why.UnknownRole)
    tw._assert_free(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    owner: uint256 = (word >> tw.OWNER_AT) & tw.HANDLE_MASK
    if owner == tw.BEARER:
        owner = holder
    why._demand(offered != 3 or owner == holder, why.NotOwnerAndHolder)
    st._for_party(owner if offered == 1 else holder, st.MAY_PROPOSE, title, word)
    until: uint256 = convert(deadline, uint256)
    why._demand(until > block.timestamp and until <= block.timestamp + LONGEST_PROPOSAL, why.DeadlineOutOfRange)
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
    why._demand(word & tw.STATE_MASK == tw.PENDING, why.NotPending)
    why._demand(word >> tw.SEQUENCE_AT == sequence, why.StaleSequence)
    st._for_party((word >> tw.TAKER_AT) & tw.HANDLE_MASK, st.MAY_ANSWER, title, word)
    why._demand(block.timestamp <= (word >> tw.UNTIL_AT) & tw.TIME_MASK, why.ProposalLapsed)
    return word


@external
def accept(title: bytes32, sequence: uint24):
    """
    @notice Take what was offered, by the deadline.
    """
    word: uint256 = self._pending(title, convert(sequence, uint256))
    why._demand(word & tw.FREEZING_HOLDS == 0, why.FrozenByAuthority)
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
    why._demand(word & tw.STATE_MASK == tw.PENDING, why.NotPending)
    why._demand(block.timestamp > (word >> tw.UNTIL_AT) & tw.TIME_MASK, why.ProposalOpen)
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
    why._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), why.StaleSequence)
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
    why._demand(owner == holder or owner == tw.BEARER, why.NotOwnerAndHolder)
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
    why._demand(length >= SHORTEST_NOTICE and length <= LONGEST_NOTICE, why.NoticeOutOfRange)
    st._only_known(convert(pledgee, uint256))
    second: uint256 = convert(pledgee, uint256) | (length << tw.NOTICE_AT)
    st.titles[title] = changed
    st.seconds[title] = second
    log ev.PledgeMade(title=title, word=changed, pledge=second)


@external
def discharge(title: bytes32, sequence: uint24):
    """
    @notice The pledgee gives its pledge up.
    """
    word: uint256 = st._pledged(title, sequence)
    changed: uint256 = tw._bump(word) & ~(tw.PLEDGED | tw.FORECLOSING)
    st.titles[title] = changed
    st.seconds[title] = 0
    log ev.PledgeDischarged(title=title, word=changed)


@external
def foreclose(title: bytes32, sequence: uint24):
    """
    @notice After its notice the pledgee becomes owner and holder of what has not been delivered.
    """
    word: uint256 = st._pledged(title, sequence)
    why._demand(word & tw.FORECLOSING != 0, why.NoNotice)
    second: uint256 = st.seconds[title]
    why._demand(block.timestamp > second >> tw.ENDS_AT, why.NoticeRunning)
    why._demand(word & tw.FREEZING_HOLDS == 0, why.FrozenByAuthority)
    why._demand(word & tw.STATE_MASK != tw.AMENDMENT, why.ForAmendment)
    self._no_orders(word)
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
    why._demand(word & tw.PLEDGED != 0, why.NotPledged)
    tw._assert_movable(word & ~tw.PLEDGED)
    why._demand(word & tw.FORECLOSING == 0, why.Foreclosing)
    st._only_party((word >> tw.HOLDER_AT) & tw.HANDLE_MASK)
    why._demand(block.timestamp <= deadline, why.ConsentExpired)
    consent: bytes32 = keccak256(abi_encode(CONSENT_TYPE, title, sequence, lineage, deadline))
    pledgee: uint256 = st.seconds[title] & tw.HANDLE_MASK
    signer: uint256 = convert(td._signer(consent, r, vs), uint256)
    why._demand(signer == st.parties[pledgee] & st.ACTING_MASK, why.BadConsent)
    if lineage == empty(bytes32):
        changed += tw.SURRENDERED - tw.ACTIVE
        st.titles[title] = changed
        log ev.Surrendered(title=title, word=changed)
    else:
        self._surrender_for(title, changed, lineage)


# Answers to a surrender 交单答复.


@external
def accept_surrender(title: bytes32, sequence: uint24):
    """
    @notice Accept a surrender (SACC): from now on it can no longer be rejected, only delivered against.
    """
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK == tw.SURRENDERED, why.NotSurrendered)
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASING - tw.SURRENDERED)
    st._only_issuer(word)
    st.titles[title] = changed
    log ev.SurrenderAccepted(title=title, word=changed)


@external
def reject_surrender(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice Give a surrendered title back to its holder, with the reason (SREJ).
    """
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK == tw.SURRENDERED, why.NotSurrendered)
    changed: uint256 = tw._next(word, convert(sequence, uint256)) - (tw.SURRENDERED - tw.ACTIVE)
    st._only_issuer(word)
    st.titles[title] = changed
    log ev.SurrenderRejected(title=title, word=changed, reason=reason)


# Amendment 改单: the holder says by a hash what it wants, the issuer does just that.


@internal
def _surrender_for(title: bytes32, word: uint256, lineage: bytes32):
    changed: uint256 = word + (tw.AMENDMENT - tw.ACTIVE)
    st.titles[title] = changed
    st.lineages[title] = lineage
    log ev.SurrenderedForAmendment(title=title, word=changed, lineage=lineage)


@external
def surrender_for_amendment(title: bytes32, sequence: uint24, lineage: bytes32):
    """
    @notice Ask the issuer to replace a title by others, by paper or by nothing.
    @param lineage keccak256(abi_encode(title, others, children)), or keccak256(abi_encode(PAPER, paper)), or
                   keccak256(abi_encode(SUCCESSOR, ledger)).
    """
    self._surrender_for(title, tw._bump(self._owned(title, sequence)), lineage)


@internal
@view
def _for_amendment(title: bytes32, sequence: uint24) -> uint256:
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK == tw.AMENDMENT, why.NotForAmendment)
    why._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), why.StaleSequence)
    st._only_issuer(word)
    return word


@internal
@view
def _to_amend(title: bytes32, sequence: uint24, lineage: bytes32) -> uint256:
    """
    @notice The word of a title that its holder surrendered for just this, and its issuer acts.
    """
    word: uint256 = self._for_amendment(title, sequence)
    why._demand(word & tw.FREEZING_HOLDS == 0, why.FrozenByAuthority)
    why._demand(st.lineages[title] == lineage, why.OtherLineage)
    return word


@external
def reject_amendment(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice Give a title surrendered for amendment back as it was.
    """
    changed: uint256 = tw._settled(self._for_amendment(title, sequence))
    st.titles[title] = changed
    st.lineages[title] = empty(bytes32)
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
        why._demand(alike, why.UnlikeTitles)
        first &= word | ~tw.SATISFIED_MASK
        total += self._void(other, word, lineage)
    conserved: bool = len(children) > 1 or len(others) > 0
    for child: Child in children:
        amount: uint256 = convert(child.quantity, uint256)
        why._demand(amount != 0 and amount <= (total if conserved else tw.QUANTITY_MASK), why.QuantityOutOfRange)
        total = unsafe_sub(total, amount)
        self._issue_child(child.title, first, amount, second)
    why._demand(not conserved or total == 0, why.QuantitiesDiffer)


@internal
def _void(title: bytes32, word: uint256, lineage: bytes32) -> uint256:
    changed: uint256 = tw._bump(word) + (tw.VOID - tw.AMENDMENT)
    st.titles[title] = changed
    st.seconds[title] = 0
    log ev.Replaced(title=title, word=changed, lineage=lineage)
    return (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK


@internal
def _issue_child(title: bytes32, parent: uint256, amount: uint256, second: uint256):
    why._demand(convert(title, uint256) >= tw.LEAST_TITLE, why.BadTitle)
    why._demand(st.titles[title] == 0, why.AlreadyIssued)
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
    why._demand(word & tw.PLEDGED == 0, why.Pledged)
    changed: uint256 = tw._bump(word) + (tw.PAPER - tw.AMENDMENT)
    st.titles[title] = changed
    log ev.SwitchedToPaper(title=title, word=changed, paper=paper)


@external
def switch_back(title: bytes32, paper_title: bytes32, holder: uint32):
    """
    @notice Issue a new title for one switched to paper, once, when the issuer has the paper back.
    """
    word: uint256 = st.titles[paper_title]
    why._demand(word & tw.STATE_MASK == tw.PAPER, why.NotPaper)
    why._demand(st.seconds[paper_title] == 0, why.AlreadyIssued)
    st._only_issuer(word)
    number: uint256 = convert(holder, uint256)
    st._only_known(number)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    self._issue_child(title, tw._with_roles(word, number, number), quantity, 0)
    st.seconds[paper_title] = convert(title, uint256)
    log ev.SwitchedBack(title=title, paper_title=paper_title)


# Move to another ledger 迁移.


@external
def migrate(title: bytes32, sequence: uint24):
    """
    @notice End a title here because it is continued at the successor, as its holder asked, and its pledgee if it
            has one. Nothing that is held or foreclosed moves; what was surrendered for delivery ends here, and so
            does a title whose id was issued there.
    """
    named: uint256 = st.successor
    why._demand(named != 0, why.NoSuccessor)
    why._demand(block.timestamp > named >> 160, why.SuccessorDelayed)
    ledger: uint256 = named & st.KEY_MASK
    word: uint256 = self._to_amend(title, sequence, keccak256(abi_encode(SUCCESSOR, ledger)))
    why._demand(word & tw.HOLDS_MASK == 0, why.HeldByAuthority)
    why._demand(word & tw.FORECLOSING == 0, why.Foreclosing)
    successor: address = convert(convert(ledger, uint160), address)
    why._demand(staticcall Ledger(successor).title_word(title) == 0, why.AlreadyIssued)
    changed: uint256 = tw._bump(word) + (tw.MIGRATED - tw.AMENDMENT)
    st.titles[title] = changed
    log ev.Migrated(title=title, word=changed, successor=successor)


@external
def adopt(title: bytes32, predecessor: address, issuer: uint16):
    """
    @notice Continue, once, a title that ended at another ledger in favour of this one: the same id, parties,
            quantity, gates and pledge. By its issuer, who keeps the same office there by the same key, and could
            as well issue it; so a false predecessor gains nothing.
    @dev Nobody but an issuer makes this ledger call another one.
    """
    number: uint256 = convert(issuer, uint256)
    st._only_office(st.ISSUERS + number)
    word: uint256 = staticcall Ledger(predecessor).title_word(title)
    why._demand(word & tw.STATE_MASK == tw.MIGRATED, why.NotMigrated)
    lineage: bytes32 = keccak256(abi_encode(SUCCESSOR, convert(self, uint256)))
    why._demand(staticcall Ledger(predecessor).lineage_of(title) == lineage, why.OtherLineage)
    why._demand(st.titles[title] == 0, why.AlreadyIssued)
    why._demand((word >> tw.ISSUER_AT) & tw.OFFICE_MASK == number, why.NotKeeper)
    keeper: address = empty(address)
    paused: bool = False
    keeper, paused = staticcall Ledger(predecessor).office_key(convert(st.ISSUERS + number, uint32))
    why._demand(st.offices[st.ISSUERS + number] == convert(keeper, uint256), why.OtherKeeper)
    self._same_party((word >> tw.HOLDER_AT) & tw.HANDLE_MASK, predecessor)
    second: uint256 = 0
    if word & tw.PLEDGED != 0:
        second = staticcall Ledger(predecessor).second_word(title)
        self._same_party(second & tw.HANDLE_MASK, predecessor)
        st.seconds[title] = second
    changed: uint256 = tw._settled(word)
    st.titles[title] = changed
    log ev.Adopted(title=title, word=changed, pledge=second, predecessor=predecessor)


@internal
@view
def _same_party(handle: uint256, predecessor: address):
    """
    @notice Refuse unless a handle stands for the same key here and there, so that nobody else becomes holder (I9).
    """
    key: address = staticcall Ledger(predecessor).party_key(convert(handle, uint32))
    why._demand(key != empty(address) and st.parties[handle] & st.KEY_MASK == convert(key, uint256), why.UnknownParty)


# Orders 提货指令.


@external
def order(
    title: bytes32, sequence: uint24, terminal: uint16, nominee: uint32, quantity: uint64, valid_until: uint40
):
    """
    @notice Order a part of a surrendered title to be given to a nominee at a terminal 提货指令.
    @dev The order's number is the title's sequence after this change: unique without a counter.
    """
    word: uint256 = st.titles[title]
    state: uint256 = word & tw.STATE_MASK
    why._demand(state == tw.SURRENDERED or state == tw.RELEASING, why.NotSurrendered)
    number: uint256 = convert(sequence, uint256) + 1
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASING - state)
    issuer: uint256 = (word >> tw.ISSUER_AT) & tw.OFFICE_MASK
    st._only_office(st.ISSUERS + issuer)
    tw._assert_goods_free(word)
    why._demand(convert(valid_until, uint256) >= block.timestamp, why.OrderExpired)
    amount: uint256 = convert(quantity, uint256)
    left: uint256 = ((word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK) - ((word >> tw.ORDERED_AT) & tw.QUANTITY_MASK)
    why._demand(amount != 0 and amount <= left, why.QuantityOutOfRange)
    placed: uint256 = (
        tw.OPEN
        | (convert(terminal, uint256) << tw.ORDER_TERMINAL_AT)
        | (convert(nominee, uint256) << tw.ORDER_NOMINEE_AT)
        | (amount << tw.ORDER_AUTHORISED_AT)
        | (convert(valid_until, uint256) << tw.ORDER_VALID_UNTIL_AT)
        | (issuer << tw.ORDER_ISSUER_AT)
        | (number << tw.ORDER_NUMBER_AT)
    )
    changed += amount << tw.ORDERED_AT
    st.titles[title] = changed
    st.orders[title][number] = placed
    log ev.Ordered(title=title, word=changed, order=placed)


@external
def close_with_tolerance(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice End a title of which a little was not collected: a shortage by draft survey 短重结案.
    """
    word: uint256 = st.titles[title]
    why._demand(word & tw.STATE_MASK == tw.RELEASING, why.NotSurrendered)
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASED - tw.RELEASING)
    st._only_issuer(word)
    collected: uint256 = (word >> tw.COLLECTED_AT) & tw.QUANTITY_MASK
    why._demand((word >> tw.ORDERED_AT) & tw.QUANTITY_MASK == collected, why.OrdersOpen)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    why._demand((quantity - collected) * TOLERANCE <= quantity, why.BeyondTolerance)
    st.titles[title] = changed
    log ev.Closed(title=title, word=changed, reason=reason)
