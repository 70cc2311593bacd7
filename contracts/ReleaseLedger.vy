# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Release ledger 放货账本
@license Apache-2.0
@notice Prevents double issue, double release and release under hold for titles, release orders and
        release serials, and anchors the Merkle log. Content stays off chain (LEDGER 0.4).
@dev One word per title, one per order, one bit per serial. What is called often is here; the rest is in
     TitleActs and PartyActs, which run on this storage and can never be exchanged. A revert reason is
     a stable code: a plain sentence for each is in ledger/chain/reasons.py, and the README's table
     names all of them.
"""

import ledger_events as ev
import ledger_state as st
import reasons as why
import title_word as tw
import typed_data as td

initializes: st

CONSENT_TYPE: constant(bytes32) = keccak256(
    "TransferConsent(bytes32 title,uint24 sequence,uint32 taker,uint224 deadline)"
)
INSTRUCTION_TYPE: constant(bytes32) = keccak256(
    "Instruction(bytes call,uint24 sequence,uint64 nonce,uint40 deadline)"
)
# A batch of the most instructions, each with all its gas, stays below the 2**24 gas of one transaction.
MOST: constant(uint256) = 64
MOST_BYTES: constant(uint256) = 1024
MOST_GAS: constant(uint256) = 240_000
# What a call may keep from its caller (1/64), and what follows the call.
RESERVE: constant(uint256) = 15_000
MAX_CREATION: constant(uint256) = 24576
# A first vote leaves the title's sequence as it is, which so does not say that it was cast.
SEIZE: constant(bytes4) = method_id("seize(bytes32,uint8,uint32,bytes32)", output_type=bytes4)

CACHED_CHAIN_ID: immutable(uint256)
CACHED_DOMAIN: immutable(bytes32)
TITLE_ACTS: immutable(address)
PARTY_ACTS: immutable(address)


struct Nullification:
    index: uint256
    bits: uint256


struct Instruction:
    call: Bytes[MOST_BYTES]
    # Sequence in the low 24 bits, nonce in the next 64, above them the deadline.
    terms: uint256
    r: bytes32
    vs: uint256


@deploy
def __init__(title_acts: Bytes[MAX_CREATION], party_acts: Bytes[MAX_CREATION]):
    """
    @notice The deployer becomes owner, registrar and log key; every other office is vacant.
    @param title_acts Creation code of TitleActs.
    @param party_acts Creation code of PartyActs.
    """
    CACHED_CHAIN_ID = chain.id
    CACHED_DOMAIN = td._compute_domain()
    PARTY_ACTS = raw_create(party_acts)
    TITLE_ACTS = raw_create(title_acts)
    st.owner_key = msg.sender
    st.offices[st.REGISTRAR] = convert(msg.sender, uint256)
    st.head = convert(msg.sender, uint256) << 64


@external
def __default__():
    """
    @notice Everything else is in a part of this ledger, which runs on this storage, with this sender. Whose
            first argument is a title's id, which is a hash, is in TitleActs, all others are in PartyActs.
    """
    part: address = PARTY_ACTS
    if len(msg.data) >= 36 and convert(slice(msg.data, 4, 32), uint256) >= tw.LEAST_TITLE:
        part = TITLE_ACTS
    raw_call(part, msg.data, is_delegate_call=True)


# Title 控制权.


@external
def issue(title: bytes32, issuer: uint16, quantity: uint64, holder: uint32, gates: uint8):
    """
    @notice Issue a title once, for ever, on this ledger (I1).
    @param title Salted hash of the document, LEDGER 7.
    @param gates Gates that must be satisfied before goods leave, one bit each.
    """
    st._only_office(st.ISSUERS + convert(issuer, uint256))
    assert convert(title, uint256) >= tw.LEAST_TITLE, "BadTitle"
    assert st.titles[title] == 0, "AlreadyIssued"
    amount: uint256 = convert(quantity, uint256)
    assert amount != 0 and amount <= tw.QUANTITY_MASK, "QuantityOutOfRange"
    handle: uint256 = convert(holder, uint256)
    assert st.parties[handle] != 0, "UnknownParty"
    word: uint256 = (
        tw.ACTIVE
        | tw.SEQUENCE_ONE
        | (amount << tw.QUANTITY_AT)
        | (handle << tw.OWNER_AT)
        | (handle << tw.HOLDER_AT)
        | (convert(gates, uint256) << tw.REQUIRED_AT)
        | (convert(issuer, uint256) << tw.ISSUER_AT)
    )
    st.titles[title] = word
    log ev.Issued(title=title, word=word)


@external
def transfer(title: bytes32, terms: uint256, r: bytes32, vs: uint256):
    """
    @notice Pass ownership and possession on; the taker's EIP-712 consent travels in the call.
    @dev The consent names the sequence, so a consent to an older state is no consent. Nobody but the
         holder can call, the contract's owner included (I9). Written in one piece for its budget.
    @param terms The taker's handle in the low 32 bits, above it the consent's deadline in UTC seconds.
    """
    word: uint256 = st.titles[title]
    if word & tw.MOVABLE_MASK != tw.ACTIVE:
        tw._assert_movable(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    if convert(msg.sender, uint256) != st.parties[holder] & st.ACTING_MASK:
        st._for_party(holder, st.MAY_TRANSFER, title, word)
    deadline: uint256 = terms >> 32
    assert block.timestamp <= deadline, "ConsentExpired"
    s: uint256 = vs & td.LOW_255
    assert s <= td.HALF_ORDER, "HighS"
    taker: uint256 = terms & tw.HANDLE_MASK
    domain: bytes32 = CACHED_DOMAIN
    if chain.id != CACHED_CHAIN_ID:
        domain = td._compute_domain()
    signer: address = ecrecover(
        td._digest(domain, keccak256(abi_encode(CONSENT_TYPE, title, word >> tw.SEQUENCE_AT, taker, deadline))),
        (vs >> 255) + 27,
        convert(r, uint256),
        s,
    )
    assert convert(signer, uint256) == st.parties[taker] & st.ACTING_MASK and signer != empty(address), "BadConsent"
    word = unsafe_add(word, tw.SEQUENCE_ONE) & tw.ROLES_CLEARED | (taker << tw.OWNER_AT) | (taker << tw.HOLDER_AT)
    assert word >= tw.SEQUENCE_ONE, "SequenceExhausted"
    st.titles[title] = word
    log ev.Transferred(title=title, word=word)


@external
def surrender(title: bytes32, sequence: uint24):
    """
    @notice Surrender the title for delivery 交单提货; only one who is owner and holder may.
    """
    word: uint256 = st.titles[title]
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.SURRENDERED - tw.ACTIVE)
    if word & tw.MOVABLE_MASK != tw.ACTIVE:
        tw._assert_movable(word)
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    assert (word >> tw.OWNER_AT) & tw.HANDLE_MASK == holder, "NotOwnerAndHolder"
    st._for_party(holder, st.MAY_SURRENDER, title, word)
    st.titles[title] = changed
    log ev.Surrendered(title=title, word=changed)


# Release 放货.


@external
def release(title: bytes32, sequence: uint24, evidence: bytes32):
    """
    @notice Accept the surrender, order and collect in full, in one call of the carrier.
    """
    word: uint256 = st.titles[title]
    assert word & tw.STATE_MASK == tw.SURRENDERED, "NotSurrendered"
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASED - tw.SURRENDERED)
    st._only_issuer(word)
    tw._assert_goods_free(word)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    changed = changed | (quantity << tw.ORDERED_AT) | (quantity << tw.COLLECTED_AT)
    st.titles[title] = changed
    log ev.Released(title=title, word=changed, evidence=evidence)


@external
def revoke_order(title: bytes32, number: uint24):
    """
    @notice Revoke what is left of an order; what was collected stays collected. Pause never stops it.
    """
    placed: uint256 = st.orders[title][convert(number, uint256)]
    assert placed & tw.STATE_MASK == tw.OPEN, "OrderNotOpen"
    office: uint256 = st.ISSUERS + ((placed >> tw.ORDER_ISSUER_AT) & tw.OFFICE_MASK)
    assert st.offices[office] & st.KEY_MASK == convert(st._actor(), uint256), "NotKeeper"
    left: uint256 = (
        ((placed >> tw.ORDER_AUTHORISED_AT) & tw.QUANTITY_MASK)
        - ((placed >> tw.ORDER_COLLECTED_AT) & tw.QUANTITY_MASK)
    )
    changed: uint256 = tw._bump(st.titles[title]) - (left << tw.ORDERED_AT)
    placed += tw.REVOKED - tw.OPEN
    st.titles[title] = changed
    st.orders[title][convert(number, uint256)] = placed
    log ev.OrderRevoked(title=title, word=changed, order=placed)


@external
def renominate(title: bytes32, number: uint24, nominee: uint32):
    """
    @notice Name another nominee for what is left of an order 改指定提货人.
    """
    placed: uint256 = st.orders[title][convert(number, uint256)]
    why._demand(placed & tw.STATE_MASK == tw.OPEN, why.OrderNotOpen)
    st._only_office(st.ISSUERS + ((placed >> tw.ORDER_ISSUER_AT) & tw.OFFICE_MASK))
    placed = placed & ~(tw.HANDLE_MASK << tw.ORDER_NOMINEE_AT)
    placed |= convert(nominee, uint256) << tw.ORDER_NOMINEE_AT
    changed: uint256 = tw._bump(st.titles[title])
    st.titles[title] = changed
    st.orders[title][convert(number, uint256)] = placed
    log ev.Renominated(title=title, word=changed, order=placed)


@external
def collect(title: bytes32, terms: uint256, evidence: bytes32):
    """
    @notice Record what has been collected under an order so far, in total 累计提货 (I4, I5, I6).
    @dev Monotone: a replayed or late message is refused and changes nothing, so no sequence is asked for.
    @param terms Order number in the low 24 bits, nominee's handle in the next 32, above them the total.
    """
    number: uint256 = terms & tw.ORDER_NUMBER_MASK
    placed: uint256 = st.orders[title][number]
    assert placed & tw.STATE_MASK == tw.OPEN, "OrderNotOpen"
    st._only_office(st.TERMINALS + ((placed >> tw.ORDER_TERMINAL_AT) & tw.OFFICE_MASK))
    word: uint256 = st.titles[title]
    tw._assert_goods_free(word)
    assert (placed >> tw.ORDER_NOMINEE_AT) & tw.HANDLE_MASK == (terms >> 24) & tw.HANDLE_MASK, "NomineeMismatch"
    assert block.timestamp <= (placed >> tw.ORDER_VALID_UNTIL_AT) & tw.TIME_MASK, "OrderExpired"
    before: uint256 = (placed >> tw.ORDER_COLLECTED_AT) & tw.QUANTITY_MASK
    after: uint256 = terms >> 56
    authorised: uint256 = (placed >> tw.ORDER_AUTHORISED_AT) & tw.QUANTITY_MASK
    assert after > before, "NotIncreasing"
    assert after <= authorised, "AboveAuthorised"
    taken: uint256 = unsafe_sub(after, before)
    placed = unsafe_add(placed, taken << tw.ORDER_COLLECTED_AT)
    if after == authorised:
        placed = unsafe_add(placed, tw.COMPLETE - tw.OPEN)
    changed: uint256 = unsafe_add(tw._bump(word), taken << tw.COLLECTED_AT)
    if ((changed >> tw.COLLECTED_AT) ^ (changed >> tw.QUANTITY_AT)) & tw.QUANTITY_MASK == 0:
        changed = unsafe_add(changed, tw.RELEASED - tw.RELEASING)
    st.titles[title] = changed
    st.orders[title][number] = placed
    log ev.Collected(title=title, word=changed, order=placed, evidence=evidence)


@external
def nullify(terminal: uint16, words: DynArray[Nullification, 64]):
    """
    @notice Use up release serials 放行序列号, 256 to a word, each at most once for ever; all or none.
    @param words Serial 256 * index + b is bit b of the word at index. Serials belong to one terminal.
    """
    number: uint256 = convert(terminal, uint256)
    st._only_office(st.TERMINALS + number)
    for entry: Nullification in words:
        assert entry.bits != 0, "NothingToNullify"
        used: uint256 = st.nullifiers[number][entry.index]
        assert used & entry.bits == 0, "AlreadyNullified"
        st.nullifiers[number][entry.index] = used | entry.bits
        log ev.Nullified(terminal=terminal, index=entry.index, bits=entry.bits)


# Pledge 质押: what changes two words is here, for its gas; the rest of it is in TitleActs.


@external
def assign_pledge(title: bytes32, sequence: uint24, pledgee: uint32):
    """
    @notice The pledgee passes its pledge on; a notice that was given goes on running.
    """
    changed: uint256 = tw._bump(st._pledged(title, sequence))
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
    word: uint256 = st._pledged(title, sequence)
    why._demand(word & tw.FORECLOSING == 0, why.Foreclosing)
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
    word: uint256 = st._pledged(title, sequence)
    why._demand(word & tw.FORECLOSING != 0, why.NoNotice)
    changed: uint256 = tw._bump(word) & ~tw.FORECLOSING
    st.titles[title] = changed
    st.seconds[title] &= tw.PLEDGE_MASK
    log ev.NoticeWithdrawn(title=title, word=changed)


# Anchors 锚定.


@external
def anchor(size: uint64, root: bytes32, signers: uint256, aggregate: bytes32[3]):
    """
    @notice Anchor a checkpoint: sizes strictly increase (I14). The witnesses' BLS aggregate is logged, not
            verified here: anybody can check it from the event.
    @param signers Lower 192 bits: bit i set, the witness with the i-th lowest BLS public key signed (bit 0
                   the lowest); upper 64 bits: the POSIX second they all signed.
    @param aggregate Compressed BLS12-381 G2 signature, 96 bytes.
    """
    kept: uint256 = st.head
    assert kept >> 64 == convert(msg.sender, uint256), "NotLogKey"
    assert convert(size, uint256) > kept & (2**64 - 1), "SizeNotIncreasing"
    st.head = (convert(msg.sender, uint256) << 64) | convert(size, uint256)
    st.anchored_root = root
    log ev.Anchored(size=size, root=root, signers=signers, aggregate=aggregate)


# Relayed instructions 代发指令.


@external
def relay(batch: DynArray[Instruction, MOST]):
    """
    @notice Perform signed instructions of others. A bad one is refused by itself and logged with its
            reason; the others go on. The outcomes of all are one bit each in `Relayed`.
    @dev An instruction is for one title at one sequence, or carries a nonce, and so is performed once.
         A vote for a seizure always carries a nonce. Each gets all the gas it may need, so that a relayer
         cannot make it fail by giving too little.
    """
    assert msg.sender != self, "NestedRelay"
    domain: bytes32 = td._compute_domain()
    outcomes: uint256 = 0
    index: uint256 = 0
    for each: Instruction in batch:
        assert msg.gas >= MOST_GAS + RESERVE, "BatchGas"
        sequence: uint256 = each.terms & (2**24 - 1)
        nonce: uint256 = (each.terms >> 24) & (2**64 - 1)
        deadline: uint256 = each.terms >> 88
        digest: bytes32 = td._digest(
            domain, keccak256(abi_encode(INSTRUCTION_TYPE, keccak256(each.call), sequence, nonce, deadline))
        )
        signer: address = empty(address)
        if each.vs & td.LOW_255 <= td.HALF_ORDER:
            signer = ecrecover(digest, (each.vs >> 255) + 27, convert(each.r, uint256), each.vs & td.LOW_255)
        title: uint256 = 0
        if len(each.call) >= 36 and convert(extract32(each.call, 0), uint256) >> 224 != convert(SEIZE, uint256):
            title = convert(extract32(each.call, 4), uint256)
        reason: String[32] = self._refusal(title, sequence, nonce, deadline, signer)
        if len(reason) == 0:
            st.actor = signer
            done: bool = False
            answer: Bytes[132] = b""
            done, answer = raw_call(self, each.call, max_outsize=132, gas=MOST_GAS, revert_on_failure=False)
            if done:
                outcomes |= 1 << index
            else:
                reason = self._reason(answer)
        if len(reason) != 0:
            log ev.InstructionRefused(signer=signer, digest=digest, index=index, reason=reason)
        index += 1
    st.actor = empty(address)
    log ev.Relayed(relayer=msg.sender, count=index, outcomes=outcomes)


@internal
def _refusal(
    title: uint256, sequence: uint256, nonce: uint256, deadline: uint256, signer: address
) -> String[32]:
    """
    @notice Why an instruction is not performed at all, or nothing. Uses its nonce up.
    """
    if signer == empty(address):
        return "BadSignature"
    if block.timestamp > deadline:
        return "InstructionExpired"
    if nonce != 0:
        used: uint256 = st.nonces[signer][nonce >> 8]
        if (used >> (nonce & 255)) & 1 != 0:
            return "NonceUsed"
        st.nonces[signer][nonce >> 8] = used | (1 << (nonce & 255))
        return ""
    if title < tw.LEAST_TITLE:
        return "NonceNeeded"
    if st.titles[convert(title, bytes32)] >> tw.SEQUENCE_AT != sequence:
        return "StaleSequence"
    return ""


@internal
@pure
def _reason(answer: Bytes[132]) -> String[32]:
    """
    @notice The code in what a refused call answered: Error(string) of letters. Anything else can be a
            stranger's, whose ledger the call read, and is not passed on.
    """
    if len(answer) < 100 or convert(slice(answer, 0, 4), bytes4) != 0x08c379a0:
        return "CallFailed"
    size: uint256 = convert(extract32(answer, 36), uint256)
    if size == 0 or size > 32:
        return "CallFailed"
    letters: uint256 = convert(extract32(answer, 68), uint256)
    for place: uint256 in range(size, bound=32):
        # Small letters and capitals differ in one bit; above it are 26.
        if unsafe_sub((letters >> (248 - 8 * place)) & 255 | 32, 97) > 25:
            return "CallFailed"
    return convert(slice(answer, 68, size), String[32])


# Views. An unknown key answers zero. They are all here, as what is delegated to a part returns nothing.


@external
@view
def title_word(title: bytes32) -> uint256:
    """
    @notice The title's packed word, laid out in title_word.vy; zero if it was never issued.
    """
    return st.titles[title]


@external
@view
def order_word(title: bytes32, number: uint24) -> uint256:
    """
    @notice The order's packed word; zero if there is none.
    """
    return st.orders[title][convert(number, uint256)]


@external
@view
def nullified(terminal: uint16, index: uint256) -> uint256:
    """
    @notice The 256 serials of one word of a terminal: a set bit is used up.
    """
    return st.nullifiers[convert(terminal, uint256)][index]


@external
@view
def latest_anchor() -> (uint64, bytes32):
    """
    @notice Size and root of the latest anchored checkpoint; zeros before the first.
    """
    return convert(st.head & (2**64 - 1), uint64), st.anchored_root


@external
@view
def anchor_of(size: uint64) -> bytes32:
    """
    @notice The anchored root if this is the latest size, else zero: older ones stand in the events.
    """
    if size == 0 or convert(size, uint256) != st.head & (2**64 - 1):
        return empty(bytes32)
    return st.anchored_root


@external
@view
def office_key(office: uint32) -> (address, bool):
    """
    @notice The key that keeps an office, and whether the office is paused.
    """
    kept: uint256 = st.offices[convert(office, uint256)]
    return convert(convert(kept & st.KEY_MASK, uint160), address), kept & st.PAUSED != 0


@external
@view
def party_key(handle: uint32) -> address:
    """
    @notice The key a party's handle stands for; zero if it is not registered.
    """
    return convert(convert(st.parties[convert(handle, uint256)] & st.KEY_MASK, uint160), address)


@external
@view
def log_key() -> address:
    """
    @notice The key that anchors.
    """
    return convert(convert(st.head >> 64, uint160), address)


@external
@view
def owner() -> address:
    """
    @notice The owner: appoints and pauses, and can move or release nothing.
    """
    return st.owner_key


@external
@view
def proposed_owner() -> address:
    """
    @notice The key that may accept ownership, or zero.
    """
    return st.proposed_owner_key


@external
@view
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator for this chain and contract.
    """
    return td._compute_domain()


@external
@view
def second_word(title: bytes32) -> uint256:
    """
    @notice The title's second word, laid out in title_word.vy: its pledge; zero if there is none.
    """
    return st.seconds[title]


@external
@view
def lineage_of(title: bytes32) -> bytes32:
    """
    @notice The hash of what is to take a title's place, or has taken it; zero if nothing is.
    """
    return st.lineages[title]


@external
@view
def delegation_word(handle: uint32, agent: address, scope: bytes32) -> uint256:
    """
    @notice What a party lets an agent do: acts, expiry, quantity left; zero if nothing.
    """
    return st.delegations[st._grantor(convert(handle, uint256))][agent][scope]


@external
@view
def recovery_word(handle: uint32, key: address) -> uint256:
    """
    @notice Votes for a party's new key, and when it may take its place; zero if there are none.
    """
    return st.recoveries[st._grantor(convert(handle, uint256))][key]


@external
@view
def nonce_word(signer: address, index: uint256) -> uint256:
    """
    @notice The 256 nonces of one word of a signer's relayed instructions: a set bit is used up.
    """
    return st.nonces[signer][index]


@external
@view
def suspended(handle: uint32) -> bool:
    """
    @notice Whether a party is suspended.
    """
    return st.parties[convert(handle, uint256)] & st.SUSPENDED != 0


@external
@view
def seizure_word(title: bytes32) -> uint256:
    """
    @notice One authority's vote for a seizure: its bit in the low 8 bits, above them what it is for.
    """
    return st.seizures[title]


@external
@view
def successor() -> (address, uint256):
    """
    @notice The ledger that follows this one, and from when on titles may move there; zeros if none is named.
    """
    return convert(convert(st.successor & st.KEY_MASK, uint160), address), st.successor >> 160


@external
@view
def parts() -> (address, address):
    """
    @notice The two other parts of this ledger, TitleActs and PartyActs; both are fixed for ever.
    """
    return TITLE_ACTS, PARTY_ACTS
