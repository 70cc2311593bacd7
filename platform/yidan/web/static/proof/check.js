// The check of a proof bundle, wholly in this browser: the same as `python -m ledger.verify`.
import { Refusal, Unchecked } from "./bytes.js";
import { read } from "./compact.js";
import { checkSignatures } from "./policy.js";
import { policyAt } from "./succession.js";
import { eventHash, verifyInclusion } from "./tree.js";

/**
 * Check a bundle's bytes by the policy of its size, in a trust of succession.js, or null.
 *
 * Returns the outcome VALID, INVALID or NOT CHECKED, the reason in English if it is not VALID, and
 * only if it is: the bundle, the policy, a Map of witnesses and the times at which they signed, and
 * the witnesses whose signatures cannot be checked here.
 */
export function checkBundle(bytes, trust) {
  if (!trust) return { outcome: "NOT CHECKED", reason: "no policy says whom to trust" };
  try {
    const bundle = read(bytes);
    const policy = policyAt(trust, bundle.origin, bundle.size);
    const signed = checkSignatures(policy, bundle);
    for (const event of bundle.events) {
      const leaf = eventHash(bundle.origin, event);
      verifyInclusion(leaf, event.index, bundle.size, event.inclusion, bundle.root);
    }
    return { outcome: "VALID", reason: "", bundle, policy, ...signed };
  } catch (error) {
    if (error instanceof Unchecked) return { outcome: "NOT CHECKED", reason: error.message };
    if (error instanceof Refusal) return { outcome: "INVALID", reason: error.message };
    throw error;
  }
}

/** Return the paths and values that a bundle shows of an event. */
export function shownFields({ evidence }) {
  if (evidence.kind === "whole") return evidence.fields;
  if (evidence.kind === "part") return evidence.disclosed.map(({ path, value }) => [path, value]);
  return [];
}
