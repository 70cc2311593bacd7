"""Why the contract refused 拒绝原因: one plain sentence, zh and en, for every revert reason.

Source of the rule: LEDGER 0.7. The codes are those of `contracts/*.vy`; a test reads
the sources and demands that both sides name the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Sentence:
    """One reason in the two languages of the platform."""

    zh: str
    en: str


REASONS: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "AboveAuthorised": Sentence(
            "累计提货量超过提货指令的授权量。", "More would be collected than the order authorises."
        ),
        "AboveDelegatedCap": Sentence(
            "超出委托的数量。", "This is more than the agent's delegation still covers."
        ),
        "AlreadyHeld": Sentence("该部门已对此单扣留。", "This authority already holds the title."),
        "AlreadyIssued": Sentence("此单已签发过，不得再次签发。", "This title was issued before."),
        "AlreadyNullified": Sentence(
            "放行序列号已使用，同一放行只能用一次。", "A release serial was used before."
        ),
        "AlreadyVoted": Sentence("该监护方已表决。", "This guardian has voted for this key."),
        "BadConsent": Sentence(
            "受让方的同意签名与此单的当前状态不符。",
            "The taker's signature does not consent to this title as it now stands.",
        ),
        "BadPossession": Sentence(
            "新密钥未能证明由本方持有。", "The new key did not prove that it is held."
        ),
        "BadSignature": Sentence("签名无效。", "The signature is not valid."),
        "BadTitle": Sentence("单证标识须为散列值。", "The title's id must be a hash."),
        "BatchGas": Sentence(
            "批次剩余的燃料不足，整批未执行。",
            "Too little gas is left for the batch: none of it was done.",
        ),
        "BeyondTolerance": Sentence(
            "短缺超过允许的容差。", "More is missing than the tolerance allows."
        ),
        "CallFailed": Sentence("指令内容无法执行。", "The instruction's call cannot be performed."),
        "CannotPause": Sentence(
            "该职能不得暂停：扣留与放行条件始终有效。",
            "This office cannot be paused: holds and gates always work.",
        ),
        "ConsentExpired": Sentence("受让方的同意已过期。", "The taker's consent has expired."),
        "DeadlineOutOfRange": Sentence(
            "期限须在将来，且不超过三十天。", "The deadline must lie ahead, thirty days at most."
        ),
        "DelegationExpired": Sentence("委托已过期。", "The delegation has expired."),
        "ForAmendment": Sentence("此单正在办理改单。", "The title is surrendered for amendment."),
        "Foreclosing": Sentence(
            "质权人已发出实现质权通知，货物不得放行。",
            "The pledgee has given notice of foreclosure: no goods leave.",
        ),
        "FrozenByAuthority": Sentence(
            "此单被主管部门冻结，不得转让或交单。",
            "An authority has frozen the title: no transfer or surrender.",
        ),
        "GateNotSatisfied": Sentence(
            "放行条件尚未全部满足。", "A required gate is not satisfied yet."
        ),
        "GateUnchanged": Sentence(
            "放行条件本来就是这个状态。", "The gate is in that state already."
        ),
        "HeldByAuthority": Sentence("货物被主管部门扣留。", "An authority holds the goods."),
        "HighS": Sentence("签名不是规范形式。", "The signature is not in its canonical form."),
        "InstructionExpired": Sentence("指令已过期。", "The instruction has expired."),
        "LedgersOwnKey": Sentence(
            "账本自身的地址不能作为密钥。", "The ledger's own address cannot be a key."
        ),
        "MayNotSeize": Sentence(
            "该部门在首个参与方登记之后任命，无权参与依法扣押。",
            "This authority was appointed after a party joined: it has no voice in seizures.",
        ),
        "NestedRelay": Sentence("代发批次不得嵌套。", "A batch cannot contain another one."),
        "NoNotice": Sentence("质权人尚未发出通知。", "The pledgee has given no notice."),
        "NoQuorum": Sentence(
            "同意恢复密钥的监护方不足。", "Too few guardians have voted for this key."
        ),
        "NoRecovery": Sentence("没有正在进行的密钥恢复。", "There is no such recovery."),
        "NoSuccessor": Sentence("尚未指定后继账本。", "No successor of this ledger is named."),
        "NomineeMismatch": Sentence(
            "提货人与提货指令指定的不一致。", "The collector is not the order's nominee."
        ),
        "NonceNeeded": Sentence(
            "该指令须带一次性编号。",
            "This instruction needs a nonce: no title's sequence names it.",
        ),
        "NonceUsed": Sentence("该指令已执行过。", "The instruction was performed before."),
        "NotActive": Sentence("此单不在可流转状态。", "The title is not active."),
        "NotDelegated": Sentence("没有这项委托。", "There is no such delegation."),
        "NotForAmendment": Sentence(
            "此单没有为改单而交单。", "The title is not surrendered for amendment."
        ),
        "NotHeld": Sentence("该部门没有扣留此单。", "This authority does not hold the title."),
        "NotHolder": Sentence(
            "只有持单人可以办理。", "Only the party that holds the title or key may do this."
        ),
        "NotIncreasing": Sentence(
            "累计提货量没有增加（重复或过时的消息）。",
            "The collected total does not increase: a repeated or late message.",
        ),
        "NotKeeper": Sentence(
            "只有该职能的担任方可以办理。", "Only the keeper of the office may do this."
        ),
        "NotLive": Sentence("此单不存在或已终结。", "The title does not exist or has ended."),
        "NotLogKey": Sentence("只有日志密钥可以锚定。", "Only the log's key may anchor."),
        "NotMigrated": Sentence(
            "此单在原账本尚未迁出。", "The title has not left the other ledger."
        ),
        "NotOwner": Sentence("只有合约所有者可以办理。", "Only the contract's owner may do this."),
        "NotOwnerAndHolder": Sentence(
            "须同时为所有人和持单人。", "Only one who is both owner and holder may do this."
        ),
        "NotPaper": Sentence("此单没有转为纸质单证。", "The title was not switched to paper."),
        "NotPaused": Sentence("该职能没有暂停。", "The office is not paused."),
        "NotPending": Sentence("此单没有待接受的转让。", "The title is not on offer."),
        "NotPledged": Sentence("此单没有质押。", "The title is not pledged."),
        "NotProposed": Sentence("您不是被提名的新所有者。", "This key was not proposed as owner."),
        "NotSurrendered": Sentence("此单尚未交单。", "The title has not been surrendered."),
        "NotSuspended": Sentence("该参与方没有被暂停。", "The party is not suspended."),
        "NothingToNullify": Sentence("没有要注销的序列号。", "No release serial was named."),
        "NoticeOutOfRange": Sentence(
            "通知期须为一天至三百六十六天。", "The notice must be between one day and 366 days."
        ),
        "NoticeRunning": Sentence("通知期尚未届满。", "The notice has not ended yet."),
        "OfficeTaken": Sentence(
            "该职能已有担任方，只能由其自行移交。",
            "The office is kept: only its keeper can hand it over.",
        ),
        "OrderExpired": Sentence("提货指令已过有效期。", "The release order has expired."),
        "OrderNotOpen": Sentence(
            "提货指令不存在、已完成或已撤销。", "The order does not exist, is complete or revoked."
        ),
        "OrdersOpen": Sentence(
            "尚有未提完的提货指令。", "An order still has goods to be collected."
        ),
        "OtherKeeper": Sentence(
            "该签发方编号在两个账本中由不同密钥担任。",
            "Another key keeps the issuer's office in the other ledger.",
        ),
        "OtherLineage": Sentence(
            "与持单人要求的内容不一致。", "This is not what the holder asked for."
        ),
        "PartyTaken": Sentence("该参与方代号已登记。", "This party handle is registered already."),
        "Paused": Sentence("该职能已暂停。", "The office is paused."),
        "Pledged": Sentence(
            "此单已质押，未经质权人同意不得办理。", "The title is pledged: not without the pledgee."
        ),
        "ProposalLapsed": Sentence("转让要约已过期。", "The offer has lapsed."),
        "ProposalOpen": Sentence(
            "转让要约尚在期限内。", "The offer is still open: it binds until its deadline."
        ),
        "QuantitiesDiffer": Sentence(
            "新旧单证的数量合计不一致。", "The quantities before and after differ."
        ),
        "QuantityOutOfRange": Sentence(
            "数量为零或超出可用范围。", "The quantity is zero or more than there is."
        ),
        "RecoveryDelayed": Sentence(
            "恢复密钥的等待期尚未届满，原密钥仍可否决。",
            "The delay has not ended: the old key may still veto.",
        ),
        "Sealed": Sentence(
            "已有参与方登记，不得再指定监护方。",
            "Parties have joined: no guardian is appointed any more.",
        ),
        "SequenceExhausted": Sentence("此单的变更次数已用尽。", "The title has no sequence left."),
        "SizeNotIncreasing": Sentence(
            "锚定的日志大小必须增加。", "An anchored size must be larger than the last."
        ),
        "StaleSequence": Sentence(
            "此单在此期间已有变更，请按最新状态重办。",
            "The title has changed meanwhile: act on its present state.",
        ),
        "SuccessorDelayed": Sentence(
            "后继账本的公示期尚未届满。",
            "The successor was named too recently: all parties may look at it first.",
        ),
        "Suspended": Sentence("该参与方已被暂停。", "The party is suspended."),
        "UnknownAct": Sentence("没有这种可委托的操作。", "There is no such act to delegate."),
        "UnknownAuthority": Sentence("没有这个扣留部门。", "There is no such authority."),
        "UnknownGate": Sentence("没有这个放行条件。", "There is no such gate."),
        "UnknownOffice": Sentence("没有这个职能。", "There is no such office."),
        "UnknownParty": Sentence("参与方未登记。", "The party is not registered."),
        "UnknownRole": Sentence("没有这种转让内容。", "There is no such role to offer."),
        "UnlikeTitles": Sentence(
            "各单的当事人、扣留、放行条件或质押不同，不得合并。",
            "Titles that differ in parties, holds, gates or pledge cannot be merged.",
        ),
        "ZeroKey": Sentence("密钥地址不能为零。", "The key must not be the zero address."),
    }
)
"""Revert reason of the contract to what a person is told."""

UNKNOWN: Final = Sentence("链上合约拒绝了该指令。", "The contract refused the instruction.")
"""For a revert without a known reason, such as running out of gas."""


def sentence(code: str) -> Sentence:
    """Return the plain sentence for a revert reason, a general one if the code is unknown."""
    return REASONS.get(code, UNKNOWN)
