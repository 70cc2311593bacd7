// Reads a bundle's JSON strictly: the same as ledger/bundle_format.py, with the same reasons.
import { compareText, demand, hex, sha256, unhex, utf8 } from "./bytes.js";
import { canonicalize, parseBundle } from "./jcs.js";

export const FORMAT = "yidan-proof/1";
const MAX_SIZE = 4 * 2 ** 20;

/** Read a bundle; nothing is verified yet, but the bytes are the only ones of this bundle. */
export function decode(bytes) {
  demand(bytes.length <= MAX_SIZE, `longer than ${MAX_SIZE} bytes`);
  const top = members(parseBundle(bytes), "format", "checkpoint", "events", "digest");
  demand(top.format === FORMAT, "of another format");
  const head = members(top.checkpoint, "origin", "size", "root", "signature", "cosignatures");
  const found = {
    origin: text(head.origin),
    size: number(head.size),
    root: bytesOf(head.root, 32),
    signature: bytesOf(head.signature, 64),
    cosignatures: rising(head.cosignatures, cosignature, compareLines),
    events: rising(top.events, event, (a, b) => a.index - b.index, 1),
  };
  const { digest, ...content } = top;
  demand(digest === digestOf(content), "the digest is of other content");
  return found;
}

/** Return what binds a bundle's members: SHA-256 over the canonical JSON of all but the digest. */
export const digestOf = (content) => hex(sha256(utf8(canonicalize(content))));

const compareLines = (a, b) => compareText(a.name, b.name) || compareText(hex(a.keyId), hex(b.keyId));

function cosignature(value) {
  const line = members(value, "name", "keyId", "time", "signature");
  const time = number(line.time);
  const isLong = typeof line.signature === "string" && line.signature.length > 128; // of ML-DSA-44
  const signature = bytesOf(line.signature, isLong ? 2420 : 64);
  return { name: text(line.name), keyId: bytesOf(line.keyId, 4), time, signature };
}

function event(value) {
  const evidence = evidenceOf(value);
  const inclusion = list(value.inclusion).map((item) => bytesOf(item, 32));
  return { eventId: text(value.eventId), index: number(value.index), inclusion, evidence };
}

function evidenceOf(value) {
  const where = ["eventId", "index", "inclusion"];
  if (isObject(value) && Object.hasOwn(value, "salt")) {
    members(value, ...where, "salt", "fields");
    const fields = rising(value.fields, field, (a, b) => compareText(a[0], b[0]), 1);
    return { kind: "whole", fields, salt: bytesOf(value.salt, 32) };
  }
  if (isObject(value) && Object.hasOwn(value, "disclosed")) {
    members(value, ...where, "disclosed");
    const byPath = (a, b) => compareText(a.path, b.path);
    return { kind: "part", disclosed: rising(value.disclosed, disclosure, byPath, 1) };
  }
  members(value, ...where, "commitment");
  return { kind: "bare", commitment: bytesOf(value.commitment, 32) };
}

function field(value) {
  const pair = list(value);
  demand(pair.length === 2, "a field is not a path and a value");
  return [text(pair[0]), pair[1]];
}

function disclosure(value) {
  const shown = members(value, "path", "value", "key", "steps");
  const steps = list(shown.steps).map(step);
  const key = bytesOf(shown.key, 32);
  return { path: text(shown.path), value: shown.value, key, steps };
}

function step(value) {
  const side = isObject(value) && Object.hasOwn(value, "left") ? "left" : "right";
  return { isLeft: side === "left", sibling: bytesOf(members(value, side)[side], 32) };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Return an object that has exactly these members. */
function members(value, ...names) {
  const count = isObject(value) ? Object.keys(value).length : -1;
  const same = count === names.length && names.every((name) => Object.hasOwn(value, name));
  demand(same, `not an object of ${names.join(", ")}`);
  return value;
}

function list(value) {
  demand(Array.isArray(value), "not an array");
  return value;
}

function text(value) {
  demand(typeof value === "string", "not a string");
  return value;
}

function number(value) {
  demand(Number.isSafeInteger(value) && value >= 0, "not a number from 0 on");
  return value;
}

function bytesOf(value, size) {
  const good = typeof value === "string" && value.length === 2 * size && /^[0-9a-f]*$/.test(value);
  demand(good, `not ${size} bytes in lower-case hex`);
  return unhex(value);
}

/** Return an array's items, which must stand in strictly rising order. */
function rising(value, read, compare, least = 0) {
  const items = list(value).map((item) => read(item));
  const inOrder = items.every((item, at) => at === 0 || compare(items[at - 1], item) < 0);
  demand(items.length >= least && inOrder, "an array is empty, out of order, or has one item twice");
  return items;
}
