"""Verify for the public (验真): a proof bundle by the installation's policy, a paper by its bytes.

The one module of the console that knows the ledger. A bundle is judged by `ledger.verify`, the same
code a stranger runs offline. A paper is known by the SHA-256 of its PDF, which was committed when
it was rendered; what is said of it is its kind, number and state, never what stands in it. Three
answers: VALID, INVALID with the reason, NOT CHECKED with the reason.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from ledger import bundle, bundle_compact, policy_file, succession_files
from ledger.bundle import Bundle, BundleError, EventProof
from ledger.policy import Policy, PolicyError, Verified, Witness
from ledger.succession import History, SuccessionError
from ledger.verify import Outcome, policy_for, shown_fields, verify_followed
from yidan.config import Settings
from yidan.documents import kinds
from yidan.documents import tables as documents
from yidan.documents.rules import DocumentState
from yidan.documents.tables import Document
from yidan.http.languages import Words
from yidan.kernel.errors import NotFoundError
from yidan.release.rules import commercial
from yidan.release.rules.commercial import CommercialState
from yidan.release.tables import releases
from yidan.store import events, log, standing
from yidan.store.engine import database_now
from yidan.store.events import Stored, committed_document

POLICY_FILE: Final = "policy"
"""The installation's trust policy, in its folder of keys and data."""
MAGIC: Final = b"%PDF-"

CODE_LIMIT: Final = 2300
"""Most bytes of a compact bundle in a QR code: version 36, level L, with the link before it."""

PUBLIC_PATHS: Final = frozenset(
    {
        "/type",
        "/subject",
        "/recordedAt",
        "/content/kind",
        "/content/version",
        "/content/number",
        "/content/json_sha256",
        "/content/pdf_sha256",
    }
)
"""The fields of a document's events that its public bundle shows; all others stay closed."""

CODE_PATHS: Final = frozenset({"/type", "/content/kind", "/content/number", "/content/pdf_sha256"})
"""Those that the bundle in its QR code shows: what ties a paper to the log."""

_RELEASE_STATES: Final[Mapping[CommercialState, tuple[Words, str]]] = MappingProxyType(
    {
        CommercialState.NONE: (("not granted", "未放货"), "no"),
        CommercialState.UNDER_REVIEW: (("under review", "审核中"), "look"),
        CommercialState.PENDING_TERMINAL_ACK: (("waiting for the terminal", "待码头确认"), "look"),
        CommercialState.GRANTED: (("in force", "有效"), "yes"),
        CommercialState.BLOCKED: (("blocked", "已冻结"), "no"),
        CommercialState.REVOKED: (("revoked", "已撤销"), "no"),
        CommercialState.EXPIRED: (("expired", "已过期"), "no"),
        CommercialState.ACCOMPLISHED: (
            ("used up: all goods have left", "已用毕：货物全部提离"),
            "look",
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What the public may know of a paper."""

    document: Document
    title: Words
    standing: Words
    """Whether it counts now: in force, void, revoked, used up …"""
    tone: str
    """How that looks: `yes`, `look` or `no`."""
    has_bundle: bool
    has_code: bool
    """Whether its proof fits a QR code."""


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """This installation's trust policy as the page shows it."""

    text: str
    """The first policy's file."""
    steps: tuple[tuple[str, str], ...]
    """Policy file and note of each step that followed from it."""
    witnesses: tuple[Witness, ...]
    """Those that sign now."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answer to one question."""

    outcome: Outcome
    why: Words
    checked: tuple[Words, ...] = ()
    """What was found true, a sentence each."""
    shown: tuple[tuple[str, Any], ...] = ()
    """Paths and values that a valid bundle proves."""
    paper: Paper | None = None


def trust_here(settings: Settings) -> History | None:
    """This installation's trust policy and what followed; None before the ledger's first start."""
    try:
        return succession_files.read(settings.var / POLICY_FILE)
    except (FileNotFoundError, PolicyError, SuccessionError):
        return None


def trusted(settings: Settings) -> Trusted | None:
    """The policy's text and who runs its witnesses, for the page; None before there is one."""
    trust = trust_here(settings)
    if trust is None:
        return None
    steps = tuple(
        (new.read_text("utf-8"), note.read_text("utf-8"))
        for new, note in succession_files.steps(settings.var / POLICY_FILE)
    )
    text = policy_file.write(trust.first).decode()
    return Trusted(text=text, steps=steps, witnesses=trust.newest.witnesses)


def check_upload(data: bytes, connection: Connection, settings: Settings) -> Result:
    """Check what somebody handed in: a PDF by its bytes, anything else as a bundle."""
    if data.startswith(MAGIC):
        return _check_pdf(data, connection, settings)
    return check_bundle(data, trust_here(settings))


def check_bundle(data: bytes, trust: History | None) -> Result:
    """Check a proof bundle's bytes by the policy of its size."""
    verdict = verify_followed(data, trust)
    if verdict.outcome is Outcome.NOT_CHECKED or trust is None:
        why = ("This installation has no trust policy yet.", "本平台尚无信任策略。")
        return Result(outcome=Outcome.NOT_CHECKED, why=why)
    if verdict.outcome is Outcome.INVALID or verdict.bundle is None:
        why = (f"The proof does not hold: {verdict.reason}.", f"证明不成立：{verdict.reason}。")
        return Result(outcome=Outcome.INVALID, why=why)
    found = verdict.bundle
    policy = policy_for(data, trust)
    verified = bundle.check(found, policy)
    why = (
        "The log holds these events, and independent witnesses signed it.",
        "日志载有以下事件，并由独立见证方签署。",
    )
    return Result(
        outcome=Outcome.VALID,
        why=why,
        checked=(*_said_of_log(found, policy, verified), *map(_said_of_event, found.events)),
        shown=tuple(field for event in found.events for field in shown_fields(event)),
    )


def look_up(document_id: str, connection: Connection, settings: Settings) -> Result:
    """What is on record under a paper's QR code; the paper itself is not checked by that.

    Raises:
        NotFoundError: there is no such document.
    """
    found = documents.find(connection, document_id)
    if found is None:
        raise NotFoundError
    paper = _paper(found, connection, settings)
    if paper.tone == "no":
        return Result(outcome=Outcome.INVALID, why=_no_longer(paper), paper=paper)
    why = (
        "Compare kind and number with the paper in your hand, or hand in its PDF below.",
        "请核对手中单证的种类与编号，或在下方提交其 PDF。",
    )
    return Result(outcome=Outcome.NOT_CHECKED, why=why, paper=paper)


def public_bundle(
    document_id: str,
    connection: Connection,
    settings: Settings,
    paths: frozenset[str] = PUBLIC_PATHS,
) -> bytes | None:
    """A bundle that proves a paper's number, digests and state, and shows nothing else of it.

    None while it is not under a cosigned checkpoint, or there is no such paper or policy.
    """
    stored = events.of_subject(connection, f"document:{document_id}")
    leaves = [leaf for one in stored if (leaf := log.leaf_of(connection, one.event_id))]
    trust = trust_here(settings)
    found = _covering(connection, trust, leaves[-1].index) if leaves and trust else None
    if found is None or len(leaves) < len(stored):
        return None
    covering, policy = found
    tiles = log.DatabaseTiles(connection)
    proofs = [
        bundle.prove(tiles, covering.size, one.event_id, leaf.index, _evidence(one, paths))
        for one, leaf in zip(stored, leaves, strict=True)
    ]
    return bundle.build(policy, covering.note, proofs)


def _covering(
    connection: Connection, trust: History, index: int
) -> tuple[log.Checkpoint, Policy] | None:
    """The first checkpoint over a leaf that meets the policy of its size, and that policy."""
    for found in log.checkpoints_covering(connection, index):
        if policy := trust.met_by(found.note):
            return found, policy
    return None


def as_compact(data: bytes) -> bytes:
    """The compact form of a bundle that was made here.

    Raises:
        NotFoundError: it has none.
    """
    try:
        return bundle_compact.pack(bundle.decode(data))
    except BundleError as error:
        raise NotFoundError from error


def as_text(data: bytes) -> str:
    """The compact form as text, for a QR code or to paste; raises as `as_compact`."""
    return bundle_compact.text_of(as_compact(data))


def code_text(document_id: str, connection: Connection, settings: Settings) -> str:
    """The text of a QR code with a paper's proof; empty without one, or if no phone could read it.

    Shows less than the public bundle, so that the code stays small.
    """
    data = public_bundle(document_id, connection, settings, CODE_PATHS)
    try:
        packed = as_compact(data) if data else b""
    except NotFoundError:
        return ""
    return bundle_compact.text_of(packed) if 0 < len(packed) <= CODE_LIMIT else ""


def _evidence(stored: Stored, wanted: frozenset[str]) -> bundle.Evidence:
    if stored.recorded is None or stored.salt is None:
        return bundle.Bare(stored.commitment)
    document = committed_document(stored.recorded)
    paths = [path for path, _ in bundle.show_whole(document, stored.salt).fields]
    return bundle.show_part(document, stored.salt, wanted.intersection(paths))


def _check_pdf(data: bytes, connection: Connection, settings: Settings) -> Result:
    digest = hashlib.sha256(data).hexdigest()
    found = documents.find_by_pdf(connection, digest)
    if found is None:
        why = (
            "No paper with exactly these bytes was issued here: it was changed, or is not ours.",
            "本平台未签发过内容完全相同的单证：文件已被更改，或并非本平台签发。",
        )
        return Result(outcome=Outcome.INVALID, why=why)
    paper = _paper(found, connection, settings)
    checked = (
        (
            f"file: SHA-256 {digest} is that of the PDF issued",
            f"文件：SHA-256 {digest} 与签发的 PDF 一致",
        ),
        *_said_of_proof(found, connection, settings),
    )
    if paper.tone == "no":
        return Result(outcome=Outcome.INVALID, why=_no_longer(paper), checked=checked, paper=paper)
    why = ("This is the paper that was issued, byte for byte.", "此文件与签发的单证逐字节一致。")
    return Result(outcome=Outcome.VALID, why=why, checked=checked, paper=paper)


def _no_longer(paper: Paper) -> Words:
    en, zh = paper.standing
    return (
        f"It was issued here and does not count now: {en}.",
        f"由本平台签发，但目前不作数：{zh}。",
    )


def _paper(found: Document, connection: Connection, settings: Settings) -> Paper:
    kind = kinds.find(found.kind, found.version)
    data = public_bundle(found.id, connection, settings)
    words, tone = _standing(found, connection)
    return Paper(
        document=found,
        title=(kind.title_en, kind.title_zh),
        standing=words,
        tone=tone,
        has_bundle=data is not None,
        has_code=bool(code_text(found.id, connection, settings)),
    )


def _standing(found: Document, connection: Connection) -> tuple[Words, str]:
    if found.state is DocumentState.VOIDED:
        return ("void", "已作废"), "no"
    kind, _, about = found.about.partition(":")
    release = releases.find(connection, about) if kind == "release" else None
    if release is None:
        return ("in force", "有效"), "yes"
    now = database_now(connection)
    return _RELEASE_STATES[commercial.effective(release.state, release.valid_until, now)]


def _said_of_proof(
    found: Document, connection: Connection, settings: Settings
) -> tuple[Words, ...]:
    """How far the paper's own events are proved, checked like anybody's bundle."""
    data = public_bundle(found.id, connection, settings)
    if data is None:
        return (
            (
                "proof: recorded; the witnesses have not signed yet",
                "证明：已记录；见证方尚未签署",
            ),
        )
    result = check_bundle(data, trust_here(settings))
    anchored = standing.anchored_size(connection)
    last = events.of_subject(connection, f"document:{found.id}")[-1]
    leaf = log.leaf_of(connection, last.event_id)
    if leaf is None or leaf.index >= anchored:
        return result.checked
    said = (f"chain: a root of {anchored} leaves is anchored", f"上链：{anchored} 叶的根已上链")
    return (*result.checked, said)


def _said_of_log(found: Bundle, policy: Policy, verified: Verified) -> list[Words]:
    head = found.checkpoint
    return [
        (
            f"log: {head.origin}, {head.size} leaves, root {head.root.hex()}",
            f"日志：{head.origin}，{head.size} 叶，根 {head.root.hex()}",
        ),
        *(_said_of_witness(one, at) for one, at in verified.times.items()),
        (f"quorum: {policy.quorum} is met", f"法定数：{policy.quorum} 已满足"),
    ]


def _said_of_witness(one: Witness, at: int) -> Words:
    by, zh_by = one.operator or "an unnamed operator", one.operator or "未具名"
    return (
        f"witness: {one.name}, run by {by}, signed at {_time(at)}",
        f"见证方：{one.name}，运营者 {zh_by}，签署于 {_time(at)}",
    )


def _said_of_event(event: EventProof) -> Words:
    count = len(shown_fields(event))
    return (
        f"leaf {event.index}: event {event.event_id}, {count} fields shown",
        f"叶 {event.index}：事件 {event.event_id}，公开 {count} 个字段",
    )


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
