// Follows the old trust to the new: the same as ledger/succession.py, with the same reasons.
import { Refusal, base64, concat, demand, equal, sha256, text, unbase64, utf8, verifyEd25519 } from "./bytes.js";
import { digestOf, isMet } from "./policy.js";

const TAG = "yidan/succession/v1";
const OWN = 0xff;
const MAX_SIZE = 65_536;
const MAX_SIGNATURES = 64;
const MAX_TREE_SIZE = 2n ** 63n - 1n;
const LINE = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;
const PYTHON_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** The trust of a first policy alone: what checkBundle() takes. */
export const trustIn = (policy) => ({ first: policy, steps: [] });

/** The policy that speaks now. */
export const newest = ({ first, steps }) => (steps.length ? steps.at(-1).policy : first);

/** Tell whether bytes look like a succession's note rather than a policy file. */
export function isNote(bytes) {
  const start = utf8(`${TAG}\n`);
  return equal(bytes.slice(0, start.length), start);
}

/** Return the trust with one more policy, if its newest one hands over to that in the note. */
export function follow(trust, policy, note) {
  const step = check(newest(trust), policy, note);
  const earlier = trust.steps.filter((one) => one.origin === step.origin).map((one) => one.size);
  demand(!earlier.some((size) => step.size < size), "a succession goes back behind an earlier one");
  return { first: trust.first, steps: [...trust.steps, { ...step, policy }] };
}

/** Return the policy that a checkpoint of this log and size is checked by. */
export function policyAt({ first, steps }, origin, size) {
  let speaking = first;
  for (const step of steps) {
    if (step.origin === origin && BigInt(size) <= step.size) return speaking;
    demand(step.origin !== origin || !step.successor, `the log was frozen at ${step.size} leaves`);
    speaking = step.policy;
  }
  return speaking;
}

function check(old, policy, bytes) {
  const note = readNote(bytes);
  const step = readText(note.text);
  const log = old.logs.find(({ name }) => name === step.origin);
  const known = policy.logs.some(({ name }) => name === (step.successor || step.origin));
  demand(log && known, "a policy does not know the log");
  const same = equal(step.old, digestOf(old)) && equal(step.new, digestOf(policy));
  demand(same, "the succession is of other policies");
  demand(signedBy(note, log), "the log's old key did not sign");
  const signers = [...old.witnesses.values()].filter(({ key }) => signedBy(note, key));
  demand(isMet(old, signers), "the old witnesses that signed are no quorum");
  return step;
}

function signedBy(note, { name, publicKey }) {
  if (publicKey.length !== 32) return false; // of ML-DSA-44, which no browser checks
  const id = sha256(concat(utf8(`${name}\n`), [OWN], utf8(TAG), publicKey)).slice(0, 4);
  const line = note.lines.find((one) => one.name === name && equal(one.id, id));
  if (!line) return false;
  const good = verifyEd25519(publicKey, utf8(note.text), line.payload);
  demand(good, `the signature of ${name} does not verify`);
  return true;
}

/** Read a signed note: its text and the lines under it (ledger/note.py). */
function readNote(bytes) {
  demand(bytes.length <= MAX_SIZE, `longer than ${MAX_SIZE} bytes`);
  let whole;
  try {
    whole = text(bytes);
  } catch {
    throw new Refusal("not UTF-8");
  }
  demand(!/[\0-\t\v-\x1f]/.test(whole), "a control character");
  const end = whole.lastIndexOf("\n\n");
  demand(end >= 0 && whole.endsWith("\n") && end + 2 < whole.length, "no signatures follow the note's text");
  const lines = whole.slice(end + 2, -1).split("\n");
  demand(lines.length <= MAX_SIGNATURES, `more than ${MAX_SIGNATURES} signatures`);
  return { text: whole.slice(0, end + 1), lines: lines.map(readLine) };
}

function readLine(line) {
  const found = LINE.exec(line);
  demand(found, "a signature line is malformed");
  const [, name, encoded] = found;
  demand(!name.includes("+") && !PYTHON_SPACE.test(name), "a key name is empty or holds a space or a plus");
  const data = unbase64(encoded);
  demand(data.length > 4, "a signature is too short");
  return { name, id: data.slice(0, 4), payload: data.slice(4) };
}

function readText(whole) {
  const [tag, ...lines] = whole.replace(/\n$/, "").split("\n");
  const [origin = "", size = "", old = "", next = "", rest = ""] = lines;
  let found;
  try {
    const plain = /^(?:0|[1-9][0-9]{0,18})$/.test(size) && BigInt(size) <= MAX_TREE_SIZE;
    demand(plain, "a size is not a plain decimal below 2**63");
    const successor = rest.startsWith("successor ") ? rest.slice("successor ".length) : rest;
    found = { origin, size: BigInt(size), old: unbase64(old), new: unbase64(next), successor };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("a succession is malformed");
  }
  const hashes = found.old.length === 32 && found.new.length === 32;
  const good = tag === TAG && hashes && origin !== "" && bodyOf(found) === whole;
  demand(good, "not the text of a succession");
  return found;
}

function bodyOf({ origin, size, old, new: next, successor }) {
  const lines = [TAG, origin, `${size}`, base64(old), base64(next)];
  if (successor) lines.push(`successor ${successor}`);
  return `${lines.join("\n")}\n`;
}
