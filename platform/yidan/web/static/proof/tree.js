// RFC 6962 hashes and proofs, and the salted commitment to an event's fields: the same as
// ledger/merkle.py, ledger/proof.py and ledger/commitment.py.
import { concat, demand, equal, hex, hmacSha256, sha256, utf8 } from "./bytes.js";
import { canonicalize } from "./jcs.js";

const MAX_STEPS = 64;

const leafHash = (data) => sha256(concat(Uint8Array.of(0), data));

export const nodeHash = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

/** Return the root over leaf hashes: pairs from the left, the odd one carried up. */
function rootOf(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at < level.length; at += 2) {
      above.push(at + 1 < level.length ? nodeHash(level[at], level[at + 1]) : level[at]);
    }
    level = above;
  }
  return level[0];
}

export const fieldHash = (key, path, value) =>
  leafHash(concat(key, utf8(canonicalize([path, value]))));

/** Return the commitment that a single field leads to. */
export function disclosedCommitment(shown) {
  demand(shown.steps.length <= MAX_STEPS, "a disclosed field is malformed");
  return shown.steps.reduce(
    (below, { isLeft, sibling }) => (isLeft ? nodeHash(sibling, below) : nodeHash(below, sibling)),
    fieldHash(shown.key, shown.path, shown.value),
  );
}

function commitmentOf(evidence) {
  if (evidence.kind === "bare") return evidence.commitment;
  if (evidence.kind === "whole") {
    const { salt, fields } = evidence;
    return rootOf(fields.map(([path, value]) => fieldHash(hmacSha256(salt, utf8(path)), path, value)));
  }
  const found = evidence.disclosed.map(disclosedCommitment);
  demand(found.every((one) => equal(one, found[0])), "the fields shown are not of one event");
  return found[0];
}

/** Return the hash of an event's leaf in the log. */
export function eventHash(origin, { eventId, evidence }) {
  const commitment = hex(commitmentOf(evidence));
  return leafHash(utf8(canonicalize({ v: 1, log: origin, eventId, commitment })));
}

/** Check an inclusion proof (RFC 9162 section 2.1.3.2; the step numbers are its own). */
export function verifyInclusion(leaf, index, size, proof, root) {
  demand(index < size, `no leaf ${index} in a tree of ${size}`); // step 1
  let [fn, sn, result] = [BigInt(index), BigInt(size) - 1n, leaf]; // steps 2 and 3
  for (const sibling of proof) { // step 4
    demand(sn !== 0n, "the inclusion proof is too long");
    if (fn & 1n || fn === sn) {
      result = nodeHash(sibling, result);
      while (!(fn & 1n) && fn) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      result = nodeHash(result, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n, "the inclusion proof is too short"); // step 5
  demand(equal(result, root), "the inclusion proof leads to another root");
}
