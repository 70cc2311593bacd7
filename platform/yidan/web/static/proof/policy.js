// Whom the visitor trusts: reads a C2SP tlog-policy file and holds a checkpoint to it. The same as
// ledger/policy_file.py and ledger/policy.py, but for files that are not UTF-8, which are refused.
import { Refusal, Unchecked, base64, concat, demand, equal, hex, sha256, text, unbase64, utf8, verifyEd25519 } from "./bytes.js";

const LOG = 0x01;
const WITNESS = 0x04;
const WITNESS_MLDSA44 = 0x06;
const KEY_SIZES = new Map([[LOG, 32], [WITNESS, 32], [WITNESS_MLDSA44, 1312]]);
const NONE = "none";
const PYTHON_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Read a verifier key: name+id+base64(type || public key). */
function readKey(words) {
  const [name, identifier, encoded] = splitTwice(words);
  const bad = name === "" || PYTHON_SPACE.test(name) || /[\0-\x1f]/.test(name);
  demand(!bad, "a key name is empty or holds a space or a plus");
  demand(identifier !== undefined && encoded !== undefined, "a verifier key has three parts");
  const data = unbase64(encoded);
  const known = data.length > 0 && data.length - 1 === KEY_SIZES.get(data[0]);
  demand(known, "a verifier key is neither a log's nor a cosignature's");
  const id = sha256(concat(utf8(`${name}\n`), data)).slice(0, 4);
  demand(hex(id) === identifier, "a verifier key's id is not its own");
  return { name, type: data[0], publicKey: data.slice(1), id, written: words };
}

function splitTwice(words) {
  const first = words.indexOf("+");
  if (first < 0) return [words];
  const second = words.indexOf("+", first + 1);
  if (second < 0) return [words.slice(0, first), words.slice(first + 1)];
  return [words.slice(0, first), words.slice(first + 1, second), words.slice(second + 1)];
}

/** Read a policy file's bytes. */
export function parsePolicy(bytes) {
  demand(bytes.every((byte) => byte === 9 || byte === 10 || (byte >= 32 && byte !== 127)), "a policy holds a control character");
  demand(bytes[bytes.length - 1] === 10, "a policy's last line does not end");
  let whole;
  try {
    whole = text(bytes);
  } catch {
    throw new Refusal("a policy is not UTF-8");
  }
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), operators: new Map(), bls: new Map(), members: new Set() };
  whole.slice(0, -1).split("\n").forEach((line, at) => {
    const words = line.replace(/[ \t]+/g, " ").replace(/^ +| +$/g, "").split(" ");
    if ((words.length === 1 && words[0] === "") || words[0].startsWith("#")) return;
    try {
      readLine(policy, words);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal(`line ${at + 1}: ${error.message}`);
    }
  });
  demand(policy.quorum !== undefined, "the policy says no quorum");
  return policy;
}

function readLine(policy, [keyword, ...words]) {
  const { length } = words;
  if (keyword === "log" && (length === 1 || length === 2)) readLog(policy, readKey(words[0]), words[1]);
  else if (keyword === "witness" && (length === 2 || length === 3)) {
    readWitness(policy, words[0], readKey(words[1]), words[2]);
  } else if (keyword === "group" && length > 2) readGroup(policy, ...words);
  else if (keyword === "quorum" && length === 1) {
    demand(policy.quorum === undefined, "the quorum is said twice");
    const known = words[0] === NONE || policy.witnesses.has(words[0]) || policy.groups.has(words[0]);
    demand(known, `${words[0]} is not defined before`);
    [policy.quorum] = words;
  } else if (keyword === "chain" && length === 2) readChain(policy, ...words);
  else if (keyword === "operator" && length > 1) {
    once(policy, words[0], policy.operators);
    policy.operators.set(words[0], words.slice(1).join(" "));
  } else if (keyword === "bls" && length === 3) readBls(policy, ...words);
  else throw new Refusal("not a line of a policy");
}

function readLog(policy, key, url = "") {
  demand(key.type === LOG, "a log's key is of type 01");
  const same = (log) => equal(log.publicKey, key.publicKey);
  demand(!policy.logs.some(same), "a log is there twice");
  demand(!policy.logs.some((log) => log.name === key.name), "two logs have one origin");
  policy.logs.push({ ...key, url });
}

function readWitness(policy, name, key, url = "") {
  demand(key.type !== LOG, "a witness's key is of type 04 or 06");
  const same = (witness) => equal(witness.key.publicKey, key.publicKey);
  demand(![...policy.witnesses.values()].some(same), "a witness is there twice");
  define(policy, name);
  policy.witnesses.set(name, { name, key, url });
}

function readGroup(policy, name, threshold, ...members) {
  define(policy, name);
  for (const member of members) {
    const known = policy.witnesses.has(member) || policy.groups.has(member);
    demand(known, `${member} is not defined before`);
    demand(!policy.members.has(member), `${member} is in a group already`);
    policy.members.add(member);
  }
  const words = { all: members.length, any: 1 };
  const count = Object.hasOwn(words, threshold) ? words[threshold] : Number(decimal(threshold));
  const possible = count >= 1 && count <= members.length;
  demand(possible, "a threshold is not between 1 and the number of members");
  policy.groups.set(name, { count, members });
}

function readChain(policy, id, contract) {
  demand(policy.chain === undefined, "the chain is said twice");
  checkHex(contract.startsWith("0x") ? contract.slice(2) : contract, 20);
  demand(contract.startsWith("0x"), "a contract's address begins with 0x");
  policy.chain = { id: decimal(id), contract };
}

function readBls(policy, name, key, proof) {
  checkHex(key, 48);
  checkHex(proof, 96);
  once(policy, name, policy.bls);
  demand(![...policy.bls.values()].some((one) => one.key === key), "a BLS key is there twice");
  policy.bls.set(name, { key, proof });
}

function checkHex(digits, size) {
  const good = digits.length === 2 * size && /^[0-9a-f]*$/.test(digits);
  demand(good, `not ${size} bytes in lower-case hex`);
}

function decimal(digits) {
  demand(/^[1-9][0-9]{0,18}$/.test(digits), "not a plain decimal");
  return digits;
}

function define(policy, name) {
  const taken = name === NONE || policy.witnesses.has(name) || policy.groups.has(name);
  demand(!taken, `the name ${name} is taken`);
}

function once(policy, name, table) {
  demand(policy.witnesses.has(name), `${name} is no witness defined before`);
  demand(!table.has(name), `said twice for ${name}`);
}

/** Return what names a policy: SHA-256 of its file as ledger/policy_file.py writes it. */
export const digestOf = (policy) => sha256(utf8(writePolicy(policy)));

/** Write a policy in its one form. */
export function writePolicy({ logs, witnesses, operators, bls, groups, quorum, chain }) {
  const lines = logs.map(({ written, url }) => ["log", written, url]);
  for (const { name, key, url } of witnesses.values()) {
    lines.push(["witness", name, key.written, url]);
    if (operators.has(name)) lines.push(["operator", name, operators.get(name)]);
    if (bls.has(name)) lines.push(["bls", name, bls.get(name).key, bls.get(name).proof]);
  }
  for (const [name, { count, members }] of groups) lines.push(["group", name, `${count}`, ...members]);
  lines.push(["quorum", quorum]);
  if (chain) lines.push(["chain", chain.id, chain.contract]);
  return lines.map((words) => `${words.filter((word) => word).join(" ")}\n`).join("");
}

/**
 * Hold a bundle's checkpoint to a policy; return the time at which each witness signed, and the
 * witnesses whose signature is of ML-DSA-44: no browser checks that, so it counts for nothing.
 */
export function checkSignatures(policy, { origin, size, root, signature, cosignatures }) {
  const log = policy.logs.find((key) => key.name === origin);
  demand(log, "the policy does not know this log");
  const body = `${origin}\n${size}\n${base64(root)}\n`;
  const verified = verifyEd25519(log.publicKey, utf8(body), signature);
  demand(verified, `the signature of ${origin} does not verify`);
  const [times, unchecked] = [new Map(), []];
  for (const line of cosignatures) {
    const isBy = ({ key }) => key.name === line.name && equal(key.id, line.keyId);
    const witness = [...policy.witnesses.values()].find(isBy);
    const isNew = witness && !times.has(witness) && !unchecked.includes(witness);
    demand(isNew, `a signature of ${line.name} is unknown to the policy or repeated`);
    const message = utf8(`cosignature/v1\ntime ${line.time}\n${body}`);
    const isLong = witness.key.type === WITNESS_MLDSA44;
    const good = isLong ? line.signature.length === 2420 : verifyEd25519(witness.key.publicKey, message, line.signature);
    demand(line.time > 0 && good, `the signature of ${line.name} does not verify`);
    if (isLong) unchecked.push(witness);
    else times.set(witness, line.time);
  }
  if (isMet(policy, [...times.keys()])) return { times, unchecked };
  const withAll = isMet(policy, [...times.keys(), ...unchecked]);
  if (withAll) throw new Unchecked("the quorum needs ML-DSA-44 signatures, which cannot be checked here");
  throw new Refusal("the witnesses that signed are no quorum");
}

/** Tell whether these witnesses are a quorum. */
export function isMet(policy, witnesses) {
  const met = new Set([NONE, ...witnesses.map(({ name }) => name)]);
  for (const [name, { count, members }] of policy.groups) { // a group names only what stands before it
    if (members.filter((member) => met.has(member)).length >= count) met.add(name);
  }
  return met.has(policy.quorum);
}
