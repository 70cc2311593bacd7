# pragma version 0.4.3
# pragma evm-version prague
"""
@title Reasons 拒绝原因
@license Apache-2.0
@notice The codes that a refusal answers with, as `Error(string)`. A plain sentence for each is in
        ledger/chain/reasons.py.
@dev Pure. A string literal costs twice its bytes at each place, so what is not called often passes a
     number: the ASCII letters of the code, and below them one byte with how many they are. A test says the
     number that a name must have.
"""

AboveDelegatedCap: constant(uint256) = 5695794416575171708270151882140746258673681
AlreadyHeld: constant(uint256) = 20247629846823875473394394123
AlreadyIssued: constant(uint256) = 1326948669641449503321273508652045
AlreadyVoted: constant(uint256) = 5183393240786912136625211663372
BadConsent: constant(uint256) = 80249023177035216929584138
BadPossession: constant(uint256) = 1346355211346253962750532556647949
BadSignature: constant(uint256) = 5259200058376857423263890040076
BadTitle: constant(uint256) = 1224502935796082042120
BeyondTolerance: constant(uint256) = 88255932704569188534088965209226175759
CannotPause: constant(uint256) = 20853282960018834818551997707
ConsentExpired: constant(uint256) = 350143987799114597982799934077101070
DeadlineOutOfRange: constant(uint256) = 1525282155254487528240348266587981545449415954
DelegationExpired: constant(uint256) = 5958148045561048388376662951563867892048913
ForAmendment: constant(uint256) = 5580462338603934382130008585228
Foreclosing: constant(uint256) = 21798681673535800882066515723
FrozenByAuthority: constant(uint256) = 6136800384877212157454541324347373518092561
GateNotSatisfied: constant(uint256) = 24289587528151017895746892316653476209680
GateUnchanged: constant(uint256) = 1447772236389236753926709360026637
HeldByAuthority: constant(uint256) = 96231036122852006039255898787065133327
HighS: constant(uint256) = 79617543656197
LedgersOwnKey: constant(uint256) = 1549496247790879457716006681934093
MayNotSeize: constant(uint256) = 23948184413967790028705391883
NoNotice: constant(uint256) = 1446866508281513469192
NoQuorum: constant(uint256) = 1446867359282190707976
NoRecovery: constant(uint256) = 94821916548359225252935946
NoSuccessor: constant(uint256) = 24274415653890953382477132299
NotActive: constant(uint256) = 370400551342147609453833
NotDelegated: constant(uint256) = 6214290070589715681286690268172
NotForAmendment: constant(uint256) = 104258486962497166150967395805568070671
NotHeld: constant(uint256) = 5651863911661331463
NotHolder: constant(uint256) = 370400553325632141226505
NotKeeper: constant(uint256) = 370400554159032091636233
NotLive: constant(uint256) = 5651863928908965127
NotMigrated: constant(uint256) = 24274570754548610812879397899
NotOwner: constant(uint256) = 1446877169159225307656
NotOwnerAndHolder: constant(uint256) = 6832684248466839519197381677038104740196881
NotPaper: constant(uint256) = 1446877170164281209352
NotPaused: constant(uint256) = 370400555562077698483209
NotPending: constant(uint256) = 94822542225010029780428554
NotPledged: constant(uint256) = 94822542226970458978608138
NotProposed: constant(uint256) = 24274570810539611041252598795
NotSurrendered: constant(uint256) = 407259718727814141188911201853465614
NotSuspended: constant(uint256) = 6214290141720868326750273496076
NoticeOutOfRange: constant(uint256) = 26690173371328866370172143004065305421072
NoticeRunning: constant(uint256) = 1590858302791647314837047817955085
OfficeTaken: constant(uint256) = 24573109834938556608185462283
OrderExpired: constant(uint256) = 6294427501395426939463138632716
OrderNotOpen: constant(uint256) = 6294427501396072928821033397772
OrdersOpen: constant(uint256) = 96045341513042145512353290
OtherKeeper: constant(uint256) = 24590044168432715131219440139
OtherLineage: constant(uint256) = 6295051307118848266934413649164
PartyTaken: constant(uint256) = 97174246439665250423107082
Paused: constant(uint256) = 22625155211944966
Pledged: constant(uint256) = 5795118302424818695
ProposalLapsed: constant(uint256) = 417704772500698319303538660883129358
ProposalOpen: constant(uint256) = 6373669013987706288214104174092
QuantitiesDiffer: constant(uint256) = 27718897289186288488427690142677783114256
QuantityOutOfRange: constant(uint256) = 1816585652744112607302771218603692276817814802
RecoveryDelayed: constant(uint256) = 109523134426593793020770542981206074383
Sealed: constant(uint256) = 23473892171801606
SequenceExhausted: constant(uint256) = 7264839063714640629838987464548856443003921
StaleSequence: constant(uint256) = 1692660615043181901480790889555213
SuccessorDelayed: constant(uint256) = 28399472183330048076870379682477050782736
Suspended: constant(uint256) = 394123005394841128756233
UnknownAct: constant(uint256) = 103280136739685409759654922
UnknownAuthority: constant(uint256) = 29070774083476317814858977470900969175312
UnknownGate: constant(uint256) = 26439715005359464924207932683
UnknownOffice: constant(uint256) = 1732753162591237895530128391496973
UnknownParty: constant(uint256) = 6768567041372023030492802873612
UnknownRole: constant(uint256) = 26439715005359464971686929675
UnlikeTitles: constant(uint256) = 6768568226610918927006129550092
ZeroKey: constant(uint256) = 6513738258393168135


@internal
@pure
def _demand(condition: bool, reason: uint256):
    """
    @notice An assert whose code is there once: half as long, for what is not called often.
    """
    if not condition:
        letters: uint256 = reason & 255
        words: Bytes[128] = abi_encode(
            convert(32, uint256), letters, (reason >> 8) << (256 - 8 * letters), method_id=0x08c379a0
        )
        raw_revert(words)
