// Reads the compact form of a bundle (docs/reference/bundle.md): the same as ledger/bundle_compact.py.
// The Python verifier writes what it read once more and compares. Here each part is checked to be in
// its one form as it is read, and the whole is then read as JSON, held to every rule of that.
import { Refusal, demand, hex, text, utf8 } from "./bytes.js";
import { FORMAT, decode, digestOf } from "./format.js";
import { canonicalize, parse, parseBundle } from "./jcs.js";
import { eventHash, fieldHash, nodeHash } from "./tree.js";

const MAGIC = Uint8Array.of(0x59, 0x50, 0x01);
const PREFIX = utf8("YIDAN1:");
const MAX_SIZE = 2 ** 16;
const MAX_STEPS = 64;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-/";
const NO_TREE = "the proofs do not fit one tree, so there is no compact form";
const HEX = /^(?:[0-9a-f]{2})+$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const [TEXT, HEXED, UUIDED, OTHER] = [0, 1, 2, 3];

/** Read a bundle in any of its forms. */
export function read(bytes) {
  if (startsWith(bytes, MAGIC)) return unpack(bytes);
  if (!startsWith(bytes, PREFIX)) return decode(bytes);
  return unpack(unbase41(bytes.subarray(PREFIX.length)));
}

const startsWith = (bytes, first) => first.every((byte, at) => bytes[at] === byte);

function unbase41(characters) {
  const values = Array.from(characters, (code) => ALPHABET.indexOf(String.fromCharCode(code)));
  const bytes = [];
  for (let at = 0; at < values.length; at += 3) {
    const group = values.slice(at, at + 3);
    const total = group.reduce((sum, value, place) => sum + value * 41 ** place, 0);
    const good = group.length > 1 && Math.min(...group) >= 0 && total < 256 ** (group.length - 1);
    demand(good, "not base41");
    if (group.length === 3) bytes.push(total >> 8);
    bytes.push(total & 0xff);
  }
  return Uint8Array.from(bytes);
}

function unpack(bytes) {
  demand(bytes.length <= MAX_SIZE, `longer than ${MAX_SIZE} bytes in compact form`);
  const reader = new Reader(bytes);
  demand(startsWith(reader.bytes(MAGIC.length), MAGIC), "of another compact form");
  const [origin, size, signature] = [reader.text(), reader.number(), hex(reader.bytes(64))];
  const cosignatures = reader.list(readCosignature);
  const events = reader.list(readEvent);
  const leaves = events.map((event) => leafOf(origin, event));
  const { hash, ways } = regrowLog(BigInt(size), leaves, reader);
  reader.end();
  const checkpoint = { origin, size, root: hex(hash), signature, cosignatures };
  const content = {
    format: FORMAT,
    checkpoint,
    events: events.map(({ shown }, at) => ({ ...shown, inclusion: ways[at].map(({ sibling }) => hex(sibling)) })),
  };
  try {
    return decode(utf8(canonicalize({ ...content, digest: digestOf(content) })));
  } catch (error) {
    if (!/^(nested|an integer|a string holds)/.test(error.message)) throw error;
    throw new Refusal(`not canonical JSON: ${error.message}`);
  }
}

/** Takes a compact bundle's bytes one after the other. */
class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  bytes(count) {
    demand(this.#at + count <= this.#bytes.length, "the compact form ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number() {
    let value = 0;
    for (let place = 0; place < 8; place += 1) {
      const [byte] = this.bytes(1);
      value += (byte & 0x7f) * 128 ** place;
      if (byte < 0x80) {
        demand(byte > 0 || place === 0, "not the one compact form of this bundle");
        return value;
      }
    }
    throw new Refusal("a number of the compact form is too long");
  }

  word() {
    const length = this.number();
    const kind = length % 4;
    const data = this.bytes((length - kind) / 4);
    const value = wordOf(kind, data);
    demand(kind === kindOf(value), "not the one compact form of this bundle");
    return value;
  }

  text() {
    const found = this.word();
    demand(typeof found === "string", "a word of the compact form is no string");
    return found;
  }

  path(before) {
    const [segments, shared] = [before.split("/"), this.number()];
    demand(shared <= segments.length, "a path of the compact form shares too much");
    const found = [...segments.slice(0, shared), this.text()].join("/");
    demand(shared === sharedBy(found.split("/"), segments), "not the one compact form of this bundle");
    return found;
  }

  list(read) {
    const count = this.number();
    const items = [];
    while (items.length < count) items.push(read(this));
    return items;
  }

  end() {
    demand(this.#at === this.#bytes.length, "bytes follow the compact form");
  }
}

function wordOf(kind, data) {
  const digits = hex(data);
  if (kind === HEXED) return digits;
  try {
    if (kind === TEXT) return text(data);
    if (kind === OTHER) return parse(data);
  } catch {
    throw new Refusal("a word of the compact form is malformed");
  }
  demand(data.length === 16, "a word of the compact form is malformed");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function kindOf(value) {
  if (typeof value !== "string") return OTHER;
  if (UUID.test(value)) return UUIDED;
  return HEX.test(value) ? HEXED : TEXT;
}

function sharedBy(segments, before) {
  let count = 0;
  while (count < segments.length - 1 && count < before.length && segments[count] === before[count]) count += 1;
  return count;
}

function readCosignature(reader) {
  const [name, keyId, time] = [reader.text(), hex(reader.bytes(4)), reader.number()];
  return { name, keyId, time, signature: hex(reader.bytes(64)) };
}

function readEvent(reader) {
  const [index, eventId] = [reader.number(), reader.text()];
  const [kind] = reader.bytes(1);
  if (kind === 0) {
    const salt = hex(reader.bytes(32));
    let before = "";
    const fields = reader.list(() => {
      before = reader.path(before);
      return [before, reader.word()];
    });
    return { shown: { eventId, index, salt, fields } };
  }
  if (kind === 1) {
    const fields = [];
    const { hash, ways } = regrowFields(reader, 0, fields);
    const disclosed = fields.map((shown, at) => ({ ...shown, steps: ways[at].map(stepOf) }));
    return { shown: { eventId, index, disclosed }, commitment: hash };
  }
  demand(kind === 2, "an event of the compact form is malformed");
  const commitment = reader.bytes(32);
  return { shown: { eventId, index, commitment: hex(commitment) }, commitment };
}

const stepOf = ({ isLeft, sibling }) => ({ [isLeft ? "left" : "right"]: hex(sibling) });

function leafOf(origin, { shown, commitment }) {
  const evidence = commitment
    ? { kind: "bare", commitment }
    : { kind: "whole", ...readFields(shown) };
  return { index: BigInt(shown.index), hash: eventHash(origin, { eventId: shown.eventId, evidence }) };
}

/** Let the JSON's rules judge an event's fields before they are hashed. */
function readFields({ salt, fields }) {
  demand(fields.length > 0, "an array is empty, out of order, or has one item twice");
  return { fields, salt: Uint8Array.from(salt.match(/../g), (pair) => Number.parseInt(pair, 16)) };
}

function regrowFields(reader, depth, fields) {
  const [tag] = reader.bytes(1);
  demand(tag <= 3 && depth <= MAX_STEPS, "a tree of fields is malformed");
  if (tag === 0) {
    const key = reader.bytes(32);
    const path = reader.path(fields.length ? fields[fields.length - 1].path : "");
    const value = reader.word();
    fields.push({ key: hex(key), path, value });
    return { hash: fieldHash(key, path, value), ways: [[]] };
  }
  if (tag === 1) {
    const left = regrowFields(reader, depth + 1, fields);
    return joined(left, regrowFields(reader, depth + 1, fields));
  }
  const pruned = { hash: reader.bytes(32), ways: [] };
  const shown = regrowFields(reader, depth + 1, fields);
  return tag === 2 ? joined(shown, pruned) : joined(pruned, shown);
}

function regrowLog(size, leaves, reader) {
  demand(leaves.every(({ index }) => index < size), NO_TREE);
  return regrowRange(0n, size, leaves, reader);
}

function regrowRange(start, end, leaves, reader) {
  if (leaves.length === 0) return { hash: reader.bytes(32), ways: [] };
  if (end - start === 1n) {
    demand(leaves.length === 1, NO_TREE);
    return { hash: leaves[0].hash, ways: [[]] };
  }
  const middle = start + splitPoint(end - start);
  const left = regrowRange(start, middle, leaves.filter(({ index }) => index < middle), reader);
  return joined(left, regrowRange(middle, end, leaves.filter(({ index }) => index >= middle), reader));
}

/** Return the largest power of two below a count of at least 2. */
const splitPoint = (count) => 1n << BigInt((count - 1n).toString(2).length - 1);

function joined(left, right) {
  const ways = [
    ...left.ways.map((way) => [...way, { isLeft: false, sibling: right.hash }]),
    ...right.ways.map((way) => [...way, { isLeft: true, sibling: left.hash }]),
  ];
  return { hash: nodeHash(left.hash, right.hash), ways };
}
