"""The browser's verifier and `ledger.verify` give one answer, whatever they are handed."""

import hashlib
import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger import (
    bundle,
    bundle_compact,
    bundle_format,
    commitment,
    jcs,
    merkle,
    policy_file,
    succession,
)
from ledger import checkpoint as checkpoints
from ledger.bundle_words import number, word
from ledger.note import Note, NoteError, verify_ed25519
from ledger.policy import BlsKey, Group, Log, Policy, PolicyError, Witness
from ledger.succession import History, Succession, SuccessionError
from ledger.verify import Outcome, verify_bundle, verify_followed
from tests.ledger.mutations import (
    changed,
    with_a_new_digest,
    with_another_byte,
    with_another_value,
)

SALT = bytes(range(32))
TIME = 1_700_000_000
DOCUMENT = {
    "eventId": "0193a000-0000-7000-8000-000000000001",
    "content": {
        "equipmentReference": "MSKU1234565",
        "grossMassKg": 21350,
        "seals": ["CN1", "单\U0001f6a2"],
        "remarks": {},
        "digest": "c0ffee" * 3,
    },
    "most": 2**53 - 1,
    "least": -(2**53 - 1),
    "text": '"\\/\b\f\n\r\t\x00\x1f\x7f\u2028\ufeff\ue000',
    "\U0001f6a2": None,
    "\ue000": True,
    "\ufeff": False,
    "__proto__": {"constructor": 1},
    "": {"": "empty"},
    "a/b~c": "escaped",
}


@pytest.fixture(scope="module")
def made():
    """A policy, and bundles that are good by it."""
    log = Ed25519PrivateKey.from_private_bytes(bytes(32))
    keys = {n: Ed25519PrivateKey.from_private_bytes(n.encode().ljust(32)) for n in ("a", "b", "c")}
    witnesses = tuple(
        Witness(n, checkpoints.witness_key(f"{n}.example/单", key), "", f"Office {n} 海关")
        for n, key in keys.items()
    )
    policy = Policy(
        (Log(checkpoints.log_key("log.example/a", log)),),
        witnesses,
        (Group("two", 2, ("a", "b")), Group("all", 1, ("two", "c"))),
        "all",
    )
    committed = commitment.commit(DOCUMENT, SALT)
    ids = [f"event-{i}" for i in range(11)]
    leaves = [
        merkle.leaf_hash(commitment.leaf_data("log.example/a", one, committed)) for one in ids
    ]
    store = merkle.MemoryTiles()
    size, root = merkle.append(store, 0, leaves)
    head = checkpoints.Checkpoint("log.example/a", size, root)
    lines = [checkpoints.sign(head, log)]
    lines += [
        checkpoints.cosign(head, f"{n}.example/单", keys[n], 1_700_000_000) for n in ("a", "b")
    ]
    note = Note(head.body(), tuple(lines)).encode()
    paths = [path for path, _ in commitment.flatten(DOCUMENT)]
    shown = [
        bundle.show_whole(DOCUMENT, SALT),
        bundle.show_part(DOCUMENT, SALT, paths[::2]),
        bundle.Bare(committed),
        bundle.show_part(DOCUMENT, SALT, paths[3:4]),
    ]

    def of(*which):
        proofs = [bundle.prove(store, size, ids[i], i, shown[i % 4]) for i in which]
        return bundle.build(policy, note, proofs)

    return policy, [of(0), of(5), of(10), of(3), of(*range(11)), of(0, 1, 2)]


@pytest.fixture(scope="module")
def page(chromium, scene):
    """A page that has the verifier's modules."""
    context = chromium.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{scene.url}/verify?lang=en".replace("127.0.0.1", "port.example"))
    page.wait_for_selector("form[data-ready]")
    yield page
    context.close()


JUDGE = """async ([policy, all]) => {
  const { checkBundle, shownFields } = await import("/assets/proof/check.js");
  const { parsePolicy } = await import("/assets/proof/policy.js");
  const { trustIn } = await import("/assets/proof/succession.js");
  const { unhex } = await import("/assets/proof/bytes.js");
  const trusted = trustIn(parsePolicy(unhex(policy)));
  return all.map((digits) => {
    const { outcome, reason, bundle } = checkBundle(unhex(digits), trusted);
    const events = (bundle?.events ?? []).map((event) => ({
      eventId: event.eventId, index: event.index, fields: shownFields(event),
    }));
    return JSON.stringify({ outcome, reason, events });
  });
}"""


def agreed(page, policy, corpus):
    """Have both judge all; return the outcomes, after comparing everything they say."""
    text = policy_file.write(policy).hex()
    theirs = page.evaluate(JUDGE, [text, [data.hex() for data in corpus]])
    outcomes = []
    for data, answer in zip(corpus, map(json.loads, theirs), strict=True):
        ours = verify_bundle(data, policy).to_json()
        assert answer["outcome"] == ours["outcome"], (data, answer, ours["reason"])
        assert answer["events"] == json.loads(json.dumps(ours["events"])), data
        if data.startswith(b"{") and "canonical JSON" not in ours["reason"]:
            assert answer["reason"] == ours["reason"], data
        assert bool(answer["reason"]) is bool(ours["reason"])
        outcomes.append(ours["outcome"])
    return outcomes


def all_forms(data):
    found = bundle.decode(data)
    return [data, bundle_compact.pack(found), bundle_compact.pack_text(found).encode()]


def test_good_bundles_are_valid_to_both_in_every_form(page, made):
    policy, good = made
    corpus = [form for data in good for form in all_forms(data)]
    assert set(agreed(page, policy, corpus)) == {Outcome.VALID}
    poorer = replace(policy, quorum="c")
    assert set(agreed(page, poorer, corpus)) == {Outcome.INVALID}


def test_600_changed_bundles_are_judged_alike(page, made):
    policy, good = made
    for data in good[:2] + good[5:]:
        tried, seed = changed(
            100, data, with_another_byte, with_another_value, with_a_new_digest, with_a_new_digest
        )
        outcomes = agreed(page, policy, tried)
        assert outcomes.count(Outcome.INVALID) > 80, seed
    for data in (form for one in good[:2] + good[4:] for form in all_forms(one)[1:]):
        tried, seed = changed(40, data, with_another_byte)
        assert set(agreed(page, policy, tried)) == {Outcome.INVALID}, seed


def test_ml_dsa_44_is_said_to_be_unchecked_and_counts_for_nothing(page, made):
    """Python checks it; no browser does, so one whose quorum needs it has not checked."""
    key = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    policy, good = made
    found = bundle.decode(good[0])
    name = policy.witnesses[0].key.name
    own = Witness("pq", checkpoints.witness_key(name, key))
    line = checkpoints.cosign(found.checkpoint, name, key, 1_700_000_000)
    lines = sorted((*found.cosignatures, line), key=bundle_format.line_key)
    data = bundle.encode(replace(found, cosignatures=tuple(lines)))
    knows = replace(policy, witnesses=(*policy.witnesses, own))
    short = replace(line, payload=line.payload[:72])
    lines[lines.index(line)] = short
    other = bundle.encode(replace(found, cosignatures=tuple(lines)))
    assert agreed(page, knows, [data, other]) == [Outcome.VALID, Outcome.INVALID]
    assert agreed(page, policy, [data]) == [Outcome.INVALID]
    needs = replace(knows, quorum="pq")
    assert verify_bundle(data, needs).outcome is Outcome.VALID
    (judged,) = page.evaluate(JUDGE, [policy_file.write(needs).hex(), [data.hex()]])
    assert json.loads(judged) == {
        "outcome": "NOT CHECKED",
        "reason": "the quorum needs ML-DSA-44 signatures, which cannot be checked here",
        "events": [],
    }


def with_digest(text):
    """Return a bundle's text with the digest that its other members have, canonical or not."""
    value = json.loads(text)
    value.pop("digest", None)
    digest = hashlib.sha256(jcs.canonicalize(value)).hexdigest()
    before, _, after = text.partition('"digest":"')
    return f'{before}"digest":"{digest}{after[64:]}'


EDGES = [
    lambda text: text + "\n",
    lambda text: text + "\x00",
    lambda text: "\ufeff" + text,
    lambda text: " " + text,
    lambda text: text.replace(":", ": ", 1),
    lambda text: text.replace("21350", "9007199254740992"),
    lambda text: text.replace("21350", "9007199254740993"),
    lambda text: text.replace("21350", "-9007199254740992"),
    lambda text: text.replace("21350", "1" * 400),
    lambda text: text.replace("21350", "21350.0"),
    lambda text: text.replace("21350", "2135e1"),
    lambda text: text.replace("21350", "-0"),
    lambda text: text.replace("21350", "NaN"),
    lambda text: text.replace("21350", "Infinity"),
    lambda text: text.replace("21350", "021350"),
    lambda text: text.replace("21350", "1e999"),
    lambda text: text.replace('"MSKU1234565"', '"\\ud800"'),
    lambda text: text.replace('"MSKU1234565"', '"\\udc00\\ud800"'),
    lambda text: text.replace('"MSKU1234565"', '"\\u004dSKU1234565"'),
    lambda text: text.replace("/", "\\/", 1),
    lambda text: text.replace("\\u0000", "\x00"),
    lambda text: text.replace("\x7f", "\\u007f"),
    lambda text: text.replace("\u2028", "\\u2028"),
    lambda text: text.replace('{"checkpoint"', '{"checkpoint":1,"checkpoint"', 1),
    lambda text: text.replace('"size":11', '"size":11,"size":11', 1),
    lambda text: text.replace('"size":11', '"size":true', 1),
    lambda text: text.replace('"size":11', '"size":"11"', 1),
    lambda text: text.replace('"size":11', '"size":-11', 1),
    lambda text: text.replace('"size":11', '"size":9007199254740991', 1),
    lambda text: text.replace('"time":1700000000', '"time":0', 1),
    lambda text: text.replace('"time":1700000000', '"time":9007199254740991', 1),
    lambda text: text.replace("21350", "[" * 100 + "]" * 100, 1),
    lambda text: text.replace("21350", "[" * 59 + "]" * 59, 1),
    lambda text: text.replace("21350", "{}", 1),
    lambda text: text.replace('"format":"yidan-proof/1"', '"format":"yidan-proof/2"'),
    lambda text: text[:-1] + ',"more":1}',
    lambda text: text.replace('"/__proto__', '"/__prot__', 1),
    lambda text: text.replace('"eventId"', '"__proto__"', 1),
    lambda text: text.upper(),
    lambda text: text[:-1],
    lambda text: text + text,
]  # fmt: skip


def test_edges_of_json_are_judged_alike(page, made):
    policy, good = made
    whole = good[0].decode()
    corpus = []
    for at, edge in enumerate(EDGES):
        data = edge(whole)
        assert data != whole, at
        corpus.append(data.encode())
        try:
            corpus.append(with_digest(data).encode())
        except ValueError:
            continue
    at = whole.encode().index(b"MSKU")
    corpus += [
        whole.encode()[:at] + raw + whole.encode()[at:]
        for raw in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\x8d")
    ]
    corpus += [
        b"", b"{", b"{}", b"[]", b"null", b"1", b'""', b"YP", b"YP\x02", b"YIDAN1:", b"YIDAN1",
        b"[" * 100_000, b'{"a":' * 100_000, b'"' + b"x" * 2**22 + b'"', b"%PDF-1.7",
        whole.encode("utf-16"),
    ]  # fmt: skip
    assert set(agreed(page, policy, corpus)) == {Outcome.INVALID}
    assert len(corpus) > 75


def test_other_ways_to_write_a_compact_form_are_judged_alike(page, made):
    """Longer numbers, other kinds, less sharing: true content in any form but the one."""
    policy, good = made
    corpus = []
    for data in good:
        packed = bundle_compact.pack(bundle.decode(data))
        name = word("log.example/a")
        longer = number(4 * (len(name[1:]) + 2) + 3) + b'"log.example/a"'
        corpus += [
            packed.replace(name, longer, 1),
            packed.replace(name + b"\x0b", name + b"\x8b\x00", 1),
            packed.replace(word("c0ffee" * 3), number(18 * 4) + b"c0ffee" * 3, 1),
            packed.replace(word(21350), number(5 * 4) + b"21350", 1),
            packed.replace(word(21350), number(7 * 4 + 3) + b"21350.0", 1),
            packed.replace(word("MSKU1234565"), number(13 * 4 + 3) + b'"MSKU1234565"', 1),
            packed.replace(b"\x02" + word("grossMassKg"), b"\x01" + word("content/grossMassKg"), 1),
            packed.replace(b"\x02" + word("grossMassKg"), b"\x09" + word("grossMassKg"), 1),
            packed + b"\x00",
            packed[:-1],
            packed[:3] + number(2**56 - 1) + packed[4:],
            packed.replace(name + b"\x0b", name + number(2**55), 1),
            packed.replace(name + b"\x0b", name + b"\x00", 1),
            packed.replace(number(TIME), number(2**53), 1),
            packed.replace(number(TIME), number(0), 1),
        ]
    corpus = [
        data for data in corpus if data not in {bundle_compact.pack(bundle.decode(d)) for d in good}
    ]
    assert len(corpus) > 60
    assert set(agreed(page, policy, corpus)) == {Outcome.INVALID}


CRAFT = Path(__file__).with_name("craft.js").read_text(encoding="utf-8")


def test_crafted_signatures_are_judged_alike(page):
    """Small and mixed order, encodings beyond the field, s beyond the order: all that differs."""
    seed = secrets.token_hex(8)
    cases = page.evaluate(CRAFT, seed)
    seen = set()
    for kind, key, message, signature, theirs in cases:
        try:
            verify_ed25519(*map(bytes.fromhex, (key, message, signature)))
            ours = True
        except NoteError:
            ours = False
        assert theirs is ours, (seed, kind, key, message, signature)
        seen.add((kind, ours))
    assert ("good", True) in seen
    assert ("mixed R", False) in seen
    assert ("s + L", False) in seen


READ = """async (all) => {
  const { parsePolicy } = await import("/assets/proof/policy.js");
  const { unhex } = await import("/assets/proof/bytes.js");
  return all.map((digits) => {
    try {
      parsePolicy(unhex(digits));
      return "";
    } catch (error) {
      return error.message;
    }
  });
}"""

POLICY_EDGES = [
    lambda text: text[:-1],
    lambda text: text + "\n# a comment\n \t \n",
    lambda text: text.replace(" ", "\t  "),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("quorum all\n", ""),
    lambda text: text + "quorum all\n",
    lambda text: text.replace("quorum all", "quorum none"),
    lambda text: text.replace("quorum all", "quorum nobody"),
    lambda text: text.replace("group two 2", "group two 3"),
    lambda text: text.replace("group two 2", "group two all"),
    lambda text: text.replace("group two 2", "group two any"),
    lambda text: text.replace("group two 2", "group two 0"),
    lambda text: text.replace("group two 2", "group two 02"),
    lambda text: text.replace("group two 2", "group two constructor"),
    lambda text: text.replace("group two 2 a b", "group two 2 a a"),
    lambda text: text.replace("group two 2 a b", "group two 2"),
    lambda text: text.replace("group two", "group none"),
    lambda text: text.replace("operator a", "operator z"),
    lambda text: text.replace("operator b", "operator a"),
    lambda text: text + text.splitlines(keepends=True)[0],
    lambda text: text + text.splitlines(keepends=True)[1],
    lambda text: text.replace("witness a ", "witness b ", 1),
    lambda text: text + "chain 1 0x" + "ab" * 20 + "\n",
    lambda text: text + "chain 0 0x" + "ab" * 20 + "\n",
    lambda text: text + "chain 1 0x" + "AB" * 20 + "\n",
    lambda text: text + "chain 1 " + "ab" * 20 + "\n",
    lambda text: text + ("chain 1 0x" + "ab" * 20 + "\n") * 2,
    lambda text: text + "bls a " + "ab" * 48 + " " + "cd" * 96 + "\n",
    lambda text: text + "bls z " + "ab" * 48 + " " + "cd" * 96 + "\n",
    lambda text: text + "bls a " + "ab" * 47 + " " + "cd" * 96 + "\n",
    lambda text: text + "".join(f"bls {n} {'ab' * 48} {'cd' * 96}\n" for n in "ab"),
    lambda text: text.replace("example", "exa\u00a0mple"),
    lambda text: text.replace("example", "exa\ufeffmple"),
    lambda text: text.replace("log ", "log  x", 1),
    lambda text: text.replace("log.example/a+", "+", 1),
    lambda text: text.replace("log.example/a+", "log.example/a", 1),
    lambda text: text.replace("=", "", 1),
    lambda text: text + "\x7f\n",
    lambda text: "\ufeff" + text,
    lambda _: "",
    lambda _: "\n",
]  # fmt: skip


def test_policies_are_read_alike(page, made):
    text = policy_file.write(made[0]).decode()
    corpus = [text.encode(), *(edge(text).encode() for edge in POLICY_EDGES)]
    tried, seed = changed(300, text.encode(), with_another_byte)
    corpus += tried
    reasons = []
    for data, theirs in zip(corpus, page.evaluate(READ, [d.hex() for d in corpus]), strict=True):
        try:
            policy_file.parse(data)
            ours = ""
        except PolicyError as error:
            ours = str(error)
        try:
            data.decode()
        except UnicodeDecodeError:
            assert theirs, (seed, data)  # of these the browser is stricter
            continue
        assert bool(theirs) is bool(ours), (seed, data, theirs, ours)
        if "base64" not in ours:
            assert theirs == ours, (seed, data)
        reasons.append(ours)
    assert reasons[0] == ""
    assert len(set(reasons)) > 25


FOLLOW = """async (all) => {
  const { checkBundle } = await import("/assets/proof/check.js");
  const { digestOf, parsePolicy } = await import("/assets/proof/policy.js");
  const { follow, newest, trustIn } = await import("/assets/proof/succession.js");
  const { Refusal, hex, unhex } = await import("/assets/proof/bytes.js");
  return all.map(([bundle, first, steps]) => {
    let trust;
    try {
      trust = trustIn(parsePolicy(unhex(first)));
      for (const [policy, note] of steps) {
        trust = follow(trust, parsePolicy(unhex(policy)), unhex(note));
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return ["NOT CHECKED", error.message, ""];
    }
    const { outcome, reason } = checkBundle(unhex(bundle), trust);
    return [outcome, reason, hex(digestOf(newest(trust)))];
  });
}"""


def followed(data, first, steps):
    """Judge a bundle as the command does with one `--next` a step."""
    try:
        trust = History(policy_file.parse(first))
        for policy, note in steps:
            trust = trust.then(policy_file.parse(policy), note)
    except (PolicyError, SuccessionError) as error:
        return [str(Outcome.NOT_CHECKED), str(error), ""]
    verdict = verify_followed(data, trust)
    newest = succession.digest(trust.newest).hex()
    return [str(verdict.outcome), verdict.reason, newest]


def judged_alike(page, corpus):
    """Have both follow and judge all; return the outcomes after comparing them and the reasons."""
    asked = [[b.hex(), f.hex(), [[p.hex(), n.hex()] for p, n in s]] for b, f, s in corpus]
    outcomes = []
    for case, theirs in zip(corpus, page.evaluate(FOLLOW, asked), strict=True):
        ours = followed(*case)
        assert (theirs[0], theirs[2]) == (ours[0], ours[2]), (case, theirs, ours)
        if "base64" not in ours[1]:
            assert theirs[1] == ours[1], case
        outcomes.append(ours[0])
    return outcomes


LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NEXT_KEY = Ed25519PrivateKey.from_private_bytes(b"next".ljust(32))
WITNESSES = {n: Ed25519PrivateKey.from_private_bytes(n.encode().ljust(32)) for n in ("a", "b", "c")}


def handed_over(old, new, size, successor="", *, names=("a", "b"), key=LOG_KEY):
    """The note of a step, signed by the log and some witnesses."""
    text = Succession(
        "log.example/a", size, succession.digest(old), succession.digest(new), successor
    )
    lines = [succession.sign(text, "log.example/a", key)] if key else []
    lines += [succession.sign(text, f"{n}.example/单", WITNESSES[n]) for n in names]
    return succession.encode(text, lines)


def written(policy):
    return policy_file.write(policy)


@pytest.fixture(scope="module")
def rotated(made):
    """The policy after the log's key was rotated, with all that a policy file may hold."""
    policy, _ = made
    chain = policy_file.parse(b"quorum none\nchain 20251 0x" + b"ab" * 20 + b"\n").chain
    key = Log(checkpoints.log_key("log.example/a", NEXT_KEY), "https://log.example")
    bls = BlsKey(b"\x01" * 48, b"\x02" * 96)
    witnesses = (replace(policy.witnesses[0], bls=bls, url="http://a"), *policy.witnesses[1:])
    return replace(policy, logs=(key,), witnesses=witnesses, chain=chain)


def test_successions_are_followed_alike(page, made, rotated):
    """The bundles are of 11 leaves: before, at and beyond the size of a step."""
    policy, good = made
    first, new, data = written(policy), written(rotated), good[0]
    follower = replace(policy, logs=(*policy.logs, Log(checkpoints.log_key("log.b", NEXT_KEY))))
    over = {size: handed_over(policy, rotated, size) for size in (0, 10, 11, 12, 2**63 - 1)}
    ends = {n: handed_over(policy, follower, n, "log.b") for n in (10, 11)}
    back = handed_over(rotated, policy, 12, key=NEXT_KEY)
    odd_order = new.replace(b"quorum", b"  quorum\t").replace(b"group two 2", b"group two all")
    cases = {
        "nothing followed": [],
        **{f"rotated at {size}": [(new, note)] for size, note in over.items()},
        **{f"ended at {size}": [(written(follower), note)] for size, note in ends.items()},
        "written otherwise": [(odd_order, over[11])],
        "and back": [(new, over[11]), (first, back)],
        "and back too early": [(new, over[2**63 - 1]), (first, back)],
        "twice the same": [(new, over[11]), (new, over[11])],
        "another policy": [(first, over[11])],
        "by one witness": [(new, handed_over(policy, rotated, 11, names=("a",)))],
        "by the one that is enough": [(new, handed_over(policy, rotated, 11, names=("c",)))],
        "without the log": [(new, handed_over(policy, rotated, 11, key=None))],
        "by the new log key": [(new, handed_over(policy, rotated, 11, key=NEXT_KEY))],
        "of an unknown log": [(new, handed_over(policy, rotated, 11, "log.c"))],
    }
    corpus = [(data, first, steps) for steps in cases.values()]
    said = dict(zip(cases, judged_alike(page, corpus), strict=True))
    valid = {name for name, outcome in said.items() if outcome == Outcome.VALID}
    assert valid == {
        "nothing followed",
        "rotated at 11",
        "rotated at 12",
        f"rotated at {2**63 - 1}",
        "ended at 11",
        "written otherwise",
        "and back",
        "by the one that is enough",
    }
    assert said["rotated at 10"] == said["ended at 10"] == Outcome.INVALID
    assert said["by one witness"] == said["without the log"] == Outcome.NOT_CHECKED


def with_lines(note, change):
    text, _, lines = note.partition(b"\n\n")
    return change(text, lines)


NOTE_EDGES = [
    lambda text, _: text,
    lambda text, _: text + b"\n\n",
    lambda text, lines: text + b"\n\n" + lines[:-1],
    lambda text, lines: text + b"\n\n" + lines + b"\n",
    lambda text, lines: text + b"\n\n\n" + lines,
    lambda text, lines: text + b"\n\n" + lines * 22,
    lambda text, lines: text + b"\n\n" + lines + lines.splitlines(keepends=True)[0],
    lambda text, lines: text + b"\n\n" + b"".join(reversed(lines.splitlines(keepends=True))),
    lambda text, lines: text + b"\n\n" + b"\xe2\x80\x94 x AAAAAA==\n" + lines,
    lambda text, lines: text + b"\n\n" + b"\xe2\x80\x94 x AAAA\n" + lines,
    lambda text, lines: text + b"\n\n" + b"\xe2\x80\x94 x+y AAAAAAA=\n" + lines,
    lambda text, lines: text + b"\n\n" + "— x\u00a0y AAAAAAA=\n".encode() + lines,
    lambda text, lines: text + b"\n\n" + "— x\ufeffy AAAAAAA=\n".encode() + lines,
    lambda text, lines: text + b"\n\n" + b"- x AAAAAAA=\n" + lines,
    lambda text, lines: b"\xef\xbb\xbf" + text + b"\n\n" + lines,
    lambda text, lines: text.replace(b"\n11\n", b"\n011\n") + b"\n\n" + lines,
    lambda text, lines: text.replace(b"\n11\n", b"\n12\n") + b"\n\n" + lines,
    lambda text, lines: text.replace(b"\n11\n", b"\n9223372036854775808\n") + b"\n\n" + lines,
    lambda text, lines: text.replace(b"\n11\n", "\n１1\n".encode()) + b"\n\n" + lines,
    lambda text, lines: text.replace(b"/v1", b"/v2") + b"\n\n" + lines,
    lambda text, lines: text.replace(b"log.example/a", b"") + b"\n\n" + lines,
    lambda text, lines: text + b"\nsuccessor \n\n" + lines,
    lambda text, lines: text + b"\nfollower x\n\n" + lines,
    lambda text, lines: text + b"\nsuccessor x\nmore\n\n" + lines,
    lambda text, lines: text + b"\n\n\xff" + lines,
    lambda text, lines: text + b"\r\n\n" + lines,
    lambda text, lines: text + b"\n\n" + lines + b"x" * 65_536,
]


def test_odd_notes_and_policies_are_followed_alike(page, made, rotated):
    policy, good = made
    first, new, data = written(policy), written(rotated), good[0]
    note = handed_over(policy, rotated, 11)
    corpus = [(data, first, [(new, with_lines(note, edge))]) for edge in NOTE_EDGES]
    assert [case[2][0][1] != note for case in corpus].count(False) == 0
    notes, seed = changed(200, note, with_another_byte)
    policies, _ = changed(100, new, with_another_byte)
    corpus += [(data, first, [(new, one)]) for one in notes]
    corpus += [(data, first, [(one, note)]) for one in policies if is_text(one)]
    outcomes = judged_alike(page, corpus)
    assert outcomes.count(Outcome.NOT_CHECKED) > 200, seed
    assert Outcome.INVALID not in outcomes, seed


def is_text(data):
    """Whether a policy is UTF-8: of others the browser is stricter."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
