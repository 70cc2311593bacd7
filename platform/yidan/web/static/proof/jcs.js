// Canonical JSON (RFC 8785), integers only: the same as ledger/jcs.py.
import { Refusal, demand, text } from "./bytes.js";

const MAX_DEPTH = 64;

/** Return the one text of a value. */
export function canonicalize(value, depth = 0) {
  demand(depth <= MAX_DEPTH, `nested deeper than ${MAX_DEPTH}`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    demand(Number.isSafeInteger(value), "an integer is beyond 2**53 - 1: write it as a string");
    return Object.is(value, -0) ? "0" : String(value);
  }
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalize(item, depth + 1)).join(",")}]`;
  }
  const members = Object.keys(value).sort(); // by UTF-16 units, as RFC 8785 section 3.2.3 demands
  return `{${members.map((key) => `${quoted(key)}:${canonicalize(value[key], depth + 1)}`).join(",")}}`;
}

function quoted(string) {
  demand(!/[\ud800-\udfff]/u.test(string), "a string holds a lone surrogate");
  return JSON.stringify(string);
}

/**
 * Read bytes that are exactly the canonical form of a value. Duplicate keys, spaces, other escapes,
 * fractions, exponents and a byte order mark are all refused by writing it once more.
 */
export function parse(bytes) {
  let given, value;
  try {
    given = text(bytes);
    value = JSON.parse(given);
  } catch {
    throw new Refusal("not JSON");
  }
  demand(canonicalize(value) === given, "not in canonical form");
  return value;
}

/** Read canonical JSON of a bundle. */
export function parseBundle(bytes) {
  try {
    return parse(bytes);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(`not canonical JSON: ${error.message}`);
  }
}
