# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Events of the ledger
@license Apache-2.0
@notice What every part of the ledger logs. An event carries the whole word after the change, so that a
        follower needs nothing but the events (I15).
"""


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

event SurrenderAccepted:
    title: indexed(bytes32)
    word: uint256

event Proposed:
    title: indexed(bytes32)
    word: uint256

event Accepted:
    title: indexed(bytes32)
    word: uint256

event Declined:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event Reclaimed:
    title: indexed(bytes32)
    word: uint256

event Relayed:
    relayer: indexed(address)
    count: uint256
    outcomes: uint256

event InstructionRefused:
    signer: indexed(address)
    digest: indexed(bytes32)
    index: uint256
    reason: String[32]

event PledgeMade:
    title: indexed(bytes32)
    word: uint256
    pledge: uint256

event PledgeAssigned:
    title: indexed(bytes32)
    word: uint256
    pledge: uint256

event PledgeDischarged:
    title: indexed(bytes32)
    word: uint256

event NoticeGiven:
    title: indexed(bytes32)
    word: uint256
    pledge: uint256

event NoticeWithdrawn:
    title: indexed(bytes32)
    word: uint256

event Foreclosed:
    title: indexed(bytes32)
    word: uint256

event SurrenderedForAmendment:
    title: indexed(bytes32)
    word: uint256
    lineage: bytes32

event AmendmentRejected:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event Replaced:
    title: indexed(bytes32)
    word: uint256
    lineage: bytes32

event SwitchedToPaper:
    title: indexed(bytes32)
    word: uint256
    paper: bytes32

event SwitchedBack:
    title: indexed(bytes32)
    paper_title: bytes32

event EndorsedInBlank:
    title: indexed(bytes32)
    word: uint256

event Renominated:
    title: indexed(bytes32)
    word: uint256
    order: uint256

event Closed:
    title: indexed(bytes32)
    word: uint256
    reason: bytes32

event Delegated:
    handle: indexed(uint32)
    agent: indexed(address)
    scope: bytes32
    grant: uint256

event DelegationRevoked:
    handle: indexed(uint32)
    agent: indexed(address)
    scope: bytes32

event RecoveryVoted:
    handle: indexed(uint32)
    key: address
    recovery: uint256

event RecoveryVetoed:
    handle: indexed(uint32)
    key: address

event PartySuspended:
    handle: indexed(uint32)
    reason: bytes32

event PartyRestored:
    handle: indexed(uint32)
    reason: bytes32

event Indemnified:
    title: indexed(bytes32)
    word: uint256
    evidence: bytes32

event SeizureVoted:
    title: indexed(bytes32)
    authority: uint8
    to: uint32
    evidence: bytes32

event Seized:
    title: indexed(bytes32)
    word: uint256
    evidence: bytes32

event SuccessorNamed:
    ledger: address
    opens: uint256

event Migrated:
    title: indexed(bytes32)
    word: uint256
    successor: address

event Adopted:
    title: indexed(bytes32)
    word: uint256
    pledge: uint256
    predecessor: address
