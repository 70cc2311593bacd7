# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Release ledger 放货账本
@license Apache-2.0
@notice Prevents double issue, double release and release under hold for titles, release orders and
        release serials, and anchors the Merkle log. Content stays off chain (LEDGER 0.4).
@dev One word per title, one per order, one bit per serial. Who may do what stands in `offices`, never
     in the word, so that a change of key changes no title (I10). A revert reason is a stable code: a
     plain sentence for each is in ledger/chain/reasons.py, and the README's table names all of them.
"""

import title_word as tw
import typed_data as td

initializes: td

# Offices: a class and a number. An issuer is a carrier, a terminal collects, an authority holds bit b,
# a gatekeeper satisfies gate b.
REGISTRAR: constant(uint256) = 1
ISSUERS: constant(uint256) = 2**16
TERMINALS: constant(uint256) = 2 * 2**16
AUTHORITIES: constant(uint256) = 3 * 2**16
GATEKEEPERS: constant(uint256) = 4 * 2**16
OFFICES_END: constant(uint256) = 5 * 2**16

# Flag above the 160 bits of a key: an office with it is paused.
PAUSED: constant(uint256) = 2**160
KEY_MASK: constant(uint256) = 2**160 - 1

CONSENT_TYPE: constant(bytes32) = keccak256(
    "TransferConsent(bytes32 title,uint24 sequence,uint32 taker,uint224 deadline)"
)
POSSESSION_TYPE: constant(bytes32) = keccak256("Possession(uint32 handle,address key)")


struct Nullification:
    index: uint256
    bits: uint256


event Issued:
    title: indexed(bytes32)
    word: uint256

event Transferred:
    title: indexed(bytes32)
    word: uint256

event Surrendered:
    title: indexed(bytes32)
    word: uint256

event SurrenderRejected:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event Released:
    title: indexed(bytes32)
    word: uint256
    evidence: bytes32

event Ordered:
    title: indexed(bytes32)
    word: uint256
    order: uint256

event OrderRevoked:
    title: indexed(bytes32)
    word: uint256
    order: uint256

event Collected:
    title: indexed(bytes32)
    word: uint256
    order: uint256
    evidence: bytes32

event Held:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event Unheld:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event GateSatisfied:
    title: indexed(bytes32)
    word: uint256
    evidence: bytes32

event GateUnsatisfied:
    title: indexed(bytes32)
    word: uint256
    evidence: bytes32

event Nullified:
    terminal: indexed(uint16)
    index: indexed(uint256)
    bits: uint256

event Anchored:
    size: indexed(uint64)
    root: bytes32
    signers: uint256
    aggregate: bytes32[3]

event OfficeChanged:
    office: indexed(uint32)
    key: address

event Paused:
    office: indexed(uint32)

event Unpaused:
    office: indexed(uint32)

event LogKeyChanged:
    key: address

event PartyRegistered:
    handle: indexed(uint32)
    key: address

event KeyRotated:
    handle: indexed(uint32)
    key: address

event OwnershipProposed:
    key: address

event OwnershipAccepted:
    key: address


titles: HashMap[bytes32, uint256]
orders: HashMap[bytes32, HashMap[uint256, uint256]]
nullifiers: HashMap[uint256, HashMap[uint256, uint256]]
offices: HashMap[uint256, uint256]
parties: HashMap[uint256, address]
# The log's key in the upper 160 bits and the anchored size in the lower 64: one slot read and written.
head: uint256
anchored_root: bytes32
owner_key: address
proposed_owner_key: address


@deploy
def __init__():
    """
    @notice The deployer becomes owner, registrar and log key; every other office is vacant.
    """
    td.__init__()
    self.owner_key = msg.sender
    self.offices[REGISTRAR] = convert(msg.sender, uint256)
    self.head = convert(msg.sender, uint256) << 64


# Guards.


@internal
@view
def _only_office(office: uint256):
    kept: uint256 = self.offices[office]
    if kept != convert(msg.sender, uint256):
        assert kept & KEY_MASK == convert(msg.sender, uint256), "NotKeeper"
        raise "Paused"


@internal
@view
def _only_owner():
    assert msg.sender == self.owner_key, "NotOwner"


@internal
@view
def _only_party(handle: uint256):
    assert msg.sender == self.parties[handle], "NotHolder"


# Title 控制权.


@external
def issue(title: bytes32, issuer: uint16, quantity: uint64, holder: uint32, gates: uint8):
    """
    @notice Issue a title once, for ever, on this ledger (I1).
    @param title Salted hash of the document, LEDGER 7.
    @param gates Gates that must be satisfied before goods leave, one bit each.
    """
    self._only_office(ISSUERS + convert(issuer, uint256))
    assert title != empty(bytes32), "ZeroTitle"
    assert self.titles[title] == 0, "AlreadyIssued"
    amount: uint256 = convert(quantity, uint256)
    assert amount != 0 and amount <= tw.QUANTITY_MASK, "QuantityOutOfRange"
    handle: uint256 = convert(holder, uint256)
    assert self.parties[handle] != empty(address), "UnknownParty"
    word: uint256 = (
        tw.ACTIVE
        | tw.SEQUENCE_ONE
        | (amount << tw.QUANTITY_AT)
        | (handle << tw.OWNER_AT)
        | (handle << tw.HOLDER_AT)
        | (convert(gates, uint256) << tw.REQUIRED_AT)
        | (convert(issuer, uint256) << tw.ISSUER_AT)
    )
    self.titles[title] = word
    log Issued(title=title, word=word)


@external
def transfer(title: bytes32, terms: uint256, r: bytes32, vs: uint256):
    """
    @notice Pass ownership and possession on; the taker's EIP-712 consent travels in the call.
    @dev The consent names the sequence, so a consent to an older state is no consent. Nobody but the
         holder can call, the contract's owner included (I9). Written in one piece for its budget.
    @param terms The taker's handle in the low 32 bits, above it the consent's deadline in UTC seconds.
    """
    word: uint256 = self.titles[title]
    if word & tw.MOVABLE_MASK != tw.ACTIVE:
        assert word & tw.STATE_MASK == tw.ACTIVE, "NotActive"
        raise "FrozenByAuthority"
    assert msg.sender == self.parties[(word >> tw.HOLDER_AT) & tw.HANDLE_MASK], "NotHolder"
    deadline: uint256 = terms >> 32
    assert block.timestamp <= deadline, "ConsentExpired"
    s: uint256 = vs & td.LOW_255
    assert s <= td.HALF_ORDER, "HighS"
    taker: uint256 = terms & tw.HANDLE_MASK
    signer: address = ecrecover(
        td._digest(keccak256(abi_encode(CONSENT_TYPE, title, word >> tw.SEQUENCE_AT, taker, deadline))),
        (vs >> 255) + 27,
        convert(r, uint256),
        s,
    )
    assert signer == self.parties[taker] and signer != empty(address), "BadConsent"
    word = unsafe_add(word, tw.SEQUENCE_ONE) & tw.ROLES_CLEARED | (taker << tw.OWNER_AT) | (taker << tw.HOLDER_AT)
    assert word >= tw.SEQUENCE_ONE, "SequenceExhausted"
    self.titles[title] = word
    log Transferred(title=title, word=word)


@external
def surrender(title: bytes32, sequence: uint24):
    """
    @notice Surrender the title for delivery 交单提货; only one who is owner and holder may.
    """
    word: uint256 = self.titles[title]
    assert word & tw.STATE_MASK == tw.ACTIVE, "NotActive"
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.SURRENDERED - tw.ACTIVE)
    assert word & tw.FREEZING_HOLDS == 0, "FrozenByAuthority"
    holder: uint256 = (word >> tw.HOLDER_AT) & tw.HANDLE_MASK
    assert (word >> tw.OWNER_AT) & tw.HANDLE_MASK == holder, "NotOwnerAndHolder"
    self._only_party(holder)
    self.titles[title] = changed
    log Surrendered(title=title, word=changed)


@external
def reject_surrender(title: bytes32, sequence: uint24, reason: bytes32):
    """
    @notice Give a surrendered title back to its holder, with the reason (SREJ).
    """
    word: uint256 = self.titles[title]
    assert word & tw.STATE_MASK == tw.SURRENDERED, "NotSurrendered"
    changed: uint256 = tw._next(word, convert(sequence, uint256)) - (tw.SURRENDERED - tw.ACTIVE)
    self._only_office(ISSUERS + ((word >> tw.ISSUER_AT) & tw.OFFICE_MASK))
    self.titles[title] = changed
    log SurrenderRejected(title=title, word=changed, reason=reason)


# Release 放货.


@external
def release(title: bytes32, sequence: uint24, evidence: bytes32):
    """
    @notice Accept the surrender, order and collect in full, in one call of the carrier.
    """
    word: uint256 = self.titles[title]
    assert word & tw.STATE_MASK == tw.SURRENDERED, "NotSurrendered"
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASED - tw.SURRENDERED)
    self._only_office(ISSUERS + ((word >> tw.ISSUER_AT) & tw.OFFICE_MASK))
    tw._assert_goods_free(word)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    changed = changed | (quantity << tw.ORDERED_AT) | (quantity << tw.COLLECTED_AT)
    self.titles[title] = changed
    log Released(title=title, word=changed, evidence=evidence)


@external
def order(
    title: bytes32, sequence: uint24, terminal: uint16, nominee: uint32, quantity: uint64, valid_until: uint40
):
    """
    @notice Order a part of a surrendered title to be given to a nominee at a terminal 提货指令.
    @dev The order's number is the title's sequence after this change: unique without a counter.
    """
    word: uint256 = self.titles[title]
    state: uint256 = word & tw.STATE_MASK
    assert state == tw.SURRENDERED or state == tw.RELEASING, "NotSurrendered"
    number: uint256 = convert(sequence, uint256) + 1
    changed: uint256 = tw._next(word, convert(sequence, uint256)) + (tw.RELEASING - state)
    issuer: uint256 = (word >> tw.ISSUER_AT) & tw.OFFICE_MASK
    self._only_office(ISSUERS + issuer)
    tw._assert_goods_free(word)
    assert convert(valid_until, uint256) >= block.timestamp, "OrderExpired"
    amount: uint256 = convert(quantity, uint256)
    left: uint256 = ((word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK) - ((word >> tw.ORDERED_AT) & tw.QUANTITY_MASK)
    assert amount != 0 and amount <= left, "QuantityOutOfRange"
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
    self.titles[title] = changed
    self.orders[title][number] = placed
    log Ordered(title=title, word=changed, order=placed)


@external
def revoke_order(title: bytes32, number: uint24):
    """
    @notice Revoke what is left of an order; what was collected stays collected. Pause never stops it.
    """
    placed: uint256 = self.orders[title][convert(number, uint256)]
    assert placed & tw.STATE_MASK == tw.OPEN, "OrderNotOpen"
    office: uint256 = ISSUERS + ((placed >> tw.ORDER_ISSUER_AT) & tw.OFFICE_MASK)
    assert self.offices[office] & KEY_MASK == convert(msg.sender, uint256), "NotKeeper"
    left: uint256 = (
        ((placed >> tw.ORDER_AUTHORISED_AT) & tw.QUANTITY_MASK)
        - ((placed >> tw.ORDER_COLLECTED_AT) & tw.QUANTITY_MASK)
    )
    changed: uint256 = tw._bump(self.titles[title]) - (left << tw.ORDERED_AT)
    placed += tw.REVOKED - tw.OPEN
    self.titles[title] = changed
    self.orders[title][convert(number, uint256)] = placed
    log OrderRevoked(title=title, word=changed, order=placed)


@external
def collect(title: bytes32, terms: uint256, evidence: bytes32):
    """
    @notice Record what has been collected under an order so far, in total 累计提货 (I4, I5, I6).
    @dev Monotone: a replayed or late message is refused and changes nothing, so no sequence is asked for.
    @param terms Order number in the low 24 bits, nominee's handle in the next 32, above them the total.
    """
    number: uint256 = terms & tw.ORDER_NUMBER_MASK
    placed: uint256 = self.orders[title][number]
    assert placed & tw.STATE_MASK == tw.OPEN, "OrderNotOpen"
    self._only_office(TERMINALS + ((placed >> tw.ORDER_TERMINAL_AT) & tw.OFFICE_MASK))
    word: uint256 = self.titles[title]
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
    self.titles[title] = changed
    self.orders[title][number] = placed
    log Collected(title=title, word=changed, order=placed, evidence=evidence)


@external
def nullify(terminal: uint16, words: DynArray[Nullification, 64]):
    """
    @notice Use up release serials 放行序列号, 256 to a word, each at most once for ever; all or none.
    @param words Serial 256 * index + b is bit b of the word at index. Serials belong to one terminal.
    """
    number: uint256 = convert(terminal, uint256)
    self._only_office(TERMINALS + number)
    for entry: Nullification in words:
        assert entry.bits != 0, "NothingToNullify"
        used: uint256 = self.nullifiers[number][entry.index]
        assert used & entry.bits == 0, "AlreadyNullified"
        self.nullifiers[number][entry.index] = used | entry.bits
        log Nullified(terminal=terminal, index=entry.index, bits=entry.bits)


# Holds and gates. No pause applies to an authority: a hold always gets through (I8).


@external
def hold(title: bytes32, authority: uint8, reason: bytes32):
    """
    @notice Set an authority's hold 扣留; a sequence is not asked for, so nothing can overtake it.
    """
    assert authority < 8, "UnknownAuthority"
    bit: uint256 = convert(authority, uint256)
    self._only_office(AUTHORITIES + bit)
    word: uint256 = self.titles[title]
    state: uint256 = word & tw.STATE_MASK
    assert state != tw.ABSENT and state < tw.ENDED, "NotLive"
    mask: uint256 = 1 << (tw.HOLDS_AT + bit)
    assert word & mask == 0, "AlreadyHeld"
    changed: uint256 = tw._bump(word) | mask
    self.titles[title] = changed
    log Held(title=title, word=changed, reason=reason)


@external
def unhold(title: bytes32, authority: uint8, reason: bytes32):
    """
    @notice Lift a hold; only the authority that owns the bit can (I8).
    """
    assert authority < 8, "UnknownAuthority"
    bit: uint256 = convert(authority, uint256)
    self._only_office(AUTHORITIES + bit)
    word: uint256 = self.titles[title]
    mask: uint256 = 1 << (tw.HOLDS_AT + bit)
    assert word & mask != 0, "NotHeld"
    changed: uint256 = tw._bump(word) & ~mask
    self.titles[title] = changed
    log Unheld(title=title, word=changed, reason=reason)


@external
def satisfy(title: bytes32, gate: uint8, evidence: bytes32):
    """
    @notice Satisfy a gate 放行条件 of a live title (carrier, customs, payment and so on).
    """
    assert gate < 8, "UnknownGate"
    bit: uint256 = convert(gate, uint256)
    self._only_office(GATEKEEPERS + bit)
    word: uint256 = self.titles[title]
    state: uint256 = word & tw.STATE_MASK
    assert state != tw.ABSENT and state < tw.ENDED, "NotLive"
    mask: uint256 = 1 << (tw.SATISFIED_AT + bit)
    assert word & mask == 0, "GateUnchanged"
    changed: uint256 = tw._bump(word) | mask
    self.titles[title] = changed
    log GateSatisfied(title=title, word=changed, evidence=evidence)


@external
def unsatisfy(title: bytes32, gate: uint8, evidence: bytes32):
    """
    @notice Take a gate back while the title lives.
    """
    assert gate < 8, "UnknownGate"
    bit: uint256 = convert(gate, uint256)
    self._only_office(GATEKEEPERS + bit)
    word: uint256 = self.titles[title]
    assert word & tw.STATE_MASK < tw.ENDED, "NotLive"
    mask: uint256 = 1 << (tw.SATISFIED_AT + bit)
    assert word & mask != 0, "GateUnchanged"
    changed: uint256 = tw._bump(word) & ~mask
    self.titles[title] = changed
    log GateUnsatisfied(title=title, word=changed, evidence=evidence)


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
    kept: uint256 = self.head
    assert kept >> 64 == convert(msg.sender, uint256), "NotLogKey"
    assert convert(size, uint256) > kept & (2**64 - 1), "SizeNotIncreasing"
    self.head = (convert(msg.sender, uint256) << 64) | convert(size, uint256)
    self.anchored_root = root
    log Anchored(size=size, root=root, signers=signers, aggregate=aggregate)


# Parties 参与方.


@external
def register(handle: uint32, key: address, r: bytes32, vs: uint256):
    """
    @notice Give a handle its first key, which proves that it is held by signing. Once per handle.
    """
    self._only_office(REGISTRAR)
    number: uint256 = convert(handle, uint256)
    assert number != 0, "UnknownParty"
    assert self.parties[number] == empty(address), "PartyTaken"
    self._assert_possession(handle, key, r, vs)
    self.parties[number] = key
    log PartyRegistered(handle=handle, key=key)


@external
def rotate_key(handle: uint32, key: address, r: bytes32, vs: uint256):
    """
    @notice Replace a party's key by a new one of its own; no title word changes (I10).
    """
    number: uint256 = convert(handle, uint256)
    self._only_party(number)
    self._assert_possession(handle, key, r, vs)
    self.parties[number] = key
    log KeyRotated(handle=handle, key=key)


@internal
@view
def _assert_possession(handle: uint32, key: address, r: bytes32, vs: uint256):
    signer: address = td._signer(keccak256(abi_encode(POSSESSION_TYPE, handle, key)), r, vs)
    assert signer == key, "BadPossession"


# Offices and ownership.


@external
def appoint(office: uint32, key: address):
    """
    @notice Fill a vacant office. One that is kept is its keeper's to hand over, so that the owner can
            neither clear a hold nor release goods (I8, I9); only the registrar is the owner's own.
    """
    self._only_owner()
    number: uint256 = convert(office, uint256)
    assert number == REGISTRAR or (number >= ISSUERS and number < OFFICES_END), "UnknownOffice"
    assert key != empty(address), "ZeroKey"
    assert number == REGISTRAR or self.offices[number] == 0, "OfficeTaken"
    self.offices[number] = convert(key, uint256)
    log OfficeChanged(office=office, key=key)


@external
def hand_over(office: uint32, key: address):
    """
    @notice Hand an office over to another key of the same organisation, or leave it vacant (zero).
    """
    self._only_office(convert(office, uint256))
    self.offices[convert(office, uint256)] = convert(key, uint256)
    log OfficeChanged(office=office, key=key)


@external
def pause(office: uint32):
    """
    @notice Stop an issuer or a terminal: no issue, order, release, collect or nullify by it.
    """
    self._only_owner()
    number: uint256 = convert(office, uint256)
    assert number >= ISSUERS and number < AUTHORITIES, "CannotPause"
    kept: uint256 = self.offices[number]
    assert kept & PAUSED == 0, "Paused"
    self.offices[number] = kept | PAUSED
    log Paused(office=office)


@external
def unpause(office: uint32):
    """
    @notice Let a paused office go on.
    """
    self._only_owner()
    number: uint256 = convert(office, uint256)
    kept: uint256 = self.offices[number]
    assert kept & PAUSED != 0, "NotPaused"
    self.offices[number] = kept & KEY_MASK
    log Unpaused(office=office)


@external
def set_log_key(key: address):
    """
    @notice Name the key that anchors; the anchored size stays.
    """
    self._only_owner()
    assert key != empty(address), "ZeroKey"
    self.head = (convert(key, uint256) << 64) | (self.head & (2**64 - 1))
    log LogKeyChanged(key=key)


@external
def propose_owner(key: address):
    """
    @notice First of two steps: nothing changes until the proposed key accepts.
    """
    self._only_owner()
    self.proposed_owner_key = key
    log OwnershipProposed(key=key)


@external
def accept_ownership():
    """
    @notice Second step, by the proposed key itself.
    """
    assert msg.sender == self.proposed_owner_key, "NotProposed"
    self.owner_key = msg.sender
    self.proposed_owner_key = empty(address)
    log OwnershipAccepted(key=msg.sender)


# Views. An unknown key answers zero.


@external
@view
def title_word(title: bytes32) -> uint256:
    """
    @notice The title's packed word, laid out in title_word.vy; zero if it was never issued.
    """
    return self.titles[title]


@external
@view
def order_word(title: bytes32, number: uint24) -> uint256:
    """
    @notice The order's packed word; zero if there is none.
    """
    return self.orders[title][convert(number, uint256)]


@external
@view
def nullified(terminal: uint16, index: uint256) -> uint256:
    """
    @notice The 256 serials of one word of a terminal: a set bit is used up.
    """
    return self.nullifiers[convert(terminal, uint256)][index]


@external
@view
def latest_anchor() -> (uint64, bytes32):
    """
    @notice Size and root of the latest anchored checkpoint; zeros before the first.
    """
    return convert(self.head & (2**64 - 1), uint64), self.anchored_root


@external
@view
def anchor_of(size: uint64) -> bytes32:
    """
    @notice The anchored root if this is the latest size, else zero: older ones stand in the events.
    """
    if size == 0 or convert(size, uint256) != self.head & (2**64 - 1):
        return empty(bytes32)
    return self.anchored_root


@external
@view
def office_key(office: uint32) -> (address, bool):
    """
    @notice The key that keeps an office, and whether the office is paused.
    """
    kept: uint256 = self.offices[convert(office, uint256)]
    return convert(convert(kept & KEY_MASK, uint160), address), kept & PAUSED != 0


@external
@view
def party_key(handle: uint32) -> address:
    """
    @notice The key a party's handle stands for; zero if it is not registered.
    """
    return self.parties[convert(handle, uint256)]


@external
@view
def log_key() -> address:
    """
    @notice The key that anchors.
    """
    return convert(convert(self.head >> 64, uint160), address)


@external
@view
def owner() -> address:
    """
    @notice The owner: appoints and pauses, and can move or release nothing.
    """
    return self.owner_key


@external
@view
def proposed_owner() -> address:
    """
    @notice The key that may accept ownership, or zero.
    """
    return self.proposed_owner_key


@external
@view
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator for this chain and contract.
    """
    return td._compute_domain()
