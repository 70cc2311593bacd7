// Bytes, hashes and signatures for the check of a proof bundle. Everything comes from two libraries
// beside this folder (vendor/README.md) rather than from crypto.subtle, which browsers hide from
// pages that came over plain http.
import { Point } from "../vendor/noble-ed25519/index.js";
import { hmac } from "../vendor/noble-hashes/hmac.js";
import { sha256, sha512 } from "../vendor/noble-hashes/sha2.js";

export { sha256 };

/** Why a bundle or a policy is refused; anything else that is thrown is a fault of ours. */
export class Refusal extends Error {}

/** Why a bundle cannot be checked in a browser, which does not make it wrong. */
export class Unchecked extends Error {}

/** Throw a refusal unless something holds. */
export function demand(holds, reason) {
  if (!holds) throw new Refusal(reason);
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(first, second) {
  return first.length === second.length && first.every((byte, at) => byte === second[at]);
}

export const utf8 = (text) => new TextEncoder().encode(text);

/** Read UTF-8 strictly; a byte order mark is a character like any other. */
export function text(bytes) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const unhex = (digits) =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** Read standard base64 in its one canonical form. */
export function unbase64(encoded) {
  const shaped = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded);
  demand(shaped, "not base64");
  const data = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  demand(base64(data) === encoded, "base64 that is not canonical");
  return data;
}

export const hmacSha256 = (key, message) => hmac(sha256, key, message);

/** Order strings by code points, as Python does; JavaScript's own order is by UTF-16 units. */
export function compareText(first, second) {
  const rank = (unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
  const shorter = Math.min(first.length, second.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = rank(first.charCodeAt(at)) - rank(second.charCodeAt(at));
    if (difference) return difference;
  }
  return first.length - second.length;
}

/**
 * Tell whether an Ed25519 signature is good (RFC 8032 section 5.1.7): by the equation without the
 * cofactor and with R compared as bytes, which is what `python -m ledger.verify` has from OpenSSL.
 * The library's own verify() multiplies by the cofactor; the two differ on signatures that only
 * the owner of a key can make, and both verifiers have to give one answer on those too.
 */
export function verifyEd25519(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const s = littleEndian(signature.subarray(32));
  const order = Point.CURVE().n;
  if (s >= order) return false;
  let key;
  try {
    key = Point.fromBytes(publicKey, true);
  } catch {
    return false;
  }
  const r = signature.subarray(0, 32);
  const k = littleEndian(sha512(concat(r, publicKey, message))) % order;
  const found = Point.BASE.multiply(s, false).subtract(key.multiply(k, false));
  return equal(found.toBytes(), r);
}

const littleEndian = (bytes) => BigInt(`0x${hex(bytes.slice().reverse())}`);
