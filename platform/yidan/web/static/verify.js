// The verify page: checks a proof bundle here, in the browser, and sends it nowhere. Only a PDF that
// comes without its bundle goes to the server, which knows the papers it issued.
import { Refusal, hex, sha256, unbase64, utf8 } from "./proof/bytes.js";
import { checkBundle, shownFields } from "./proof/check.js";
import { digestOf, parsePolicy } from "./proof/policy.js";
import { follow, isNote, trustIn } from "./proof/succession.js";
import { reasonWords, say, sentences } from "./proof/words.js";

const form = document.querySelector("form.drop");
const answer = document.getElementById("answer");
const [files, pasted] = [form.elements.file, form.elements.text];
const own = document.getElementById("policy");
const [mine, policyFile] = ["whose-mine", "policy-file"].map((id) => document.getElementById(id));
const PDF = utf8("%PDF-");
const MARK = "#YIDAN1:";

const isPdf = ({ bytes }) => PDF.every((byte, at) => bytes[at] === byte);

const bytesOf = async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });

/** Return the visitor's trust, or the one that this page came with, and how to call it. */
async function chosenTrust() {
  const digest = (bytes) => `SHA-256 ${hex(sha256(bytes))}`;
  if (mine.checked) {
    const given = await Promise.all(Array.from(policyFile.files, bytesOf));
    if (!given.length) return { trust: null, called: "" };
    const { trust, fault, first } = readTrust(...sorted(given));
    const called = first && say(
      `policy: your file ${first.name}, ${digest(first.bytes)}`,
      `策略：您的文件 ${first.name}，${digest(first.bytes)}`,
    );
    return { trust, fault, called: called ?? "" };
  }
  if (!own) return { trust: null, called: "" };
  const bytes = utf8(own.textContent);
  const steps = Array.from(document.querySelectorAll("[data-step]"), (step) =>
    Array.from(step.querySelectorAll("pre"), (file) => ({ bytes: utf8(file.textContent) })),
  );
  const called = say(
    `policy: the one this page came with, chosen by whoever runs ${location.host}, ${digest(bytes)}`,
    `策略：本页所附，由 ${location.host} 的运营者选定，${digest(bytes)}`,
  );
  const policies = [{ bytes }, ...steps.map(([policy]) => policy)];
  return { ...readTrust(policies, steps.map(([, note]) => note)), called };
}

const sorted = (files) => [files.filter(({ bytes }) => !isNote(bytes)), files.filter(({ bytes }) => isNote(bytes))];

/**
 * Follow from the one policy that no note leads to through all the others, in whatever order they
 * were chosen: one that the old trust did not sign checks nothing.
 */
function readTrust(files, notes) {
  try {
    const policies = files.map((file) => ({ ...file, policy: parsePolicy(file.bytes) }));
    const named = (policy) => hex(digestOf(policy));
    const old = (note) => noteLines(note)[3];
    const next = (note) => noteLines(note)[4];
    const led = new Set(notes.map(next));
    const starts = policies.filter(({ policy }) => !led.has(named(policy)));
    const first = starts[0] ?? policies[0];
    if (!first || starts.length > 1 || policies.length !== notes.length + 1) {
      throw new Refusal("one policy, and a note for each that followed it, are needed");
    }
    let trust = trustIn(first.policy);
    for (let at = first.policy, left = notes; left.length;) {
      const note = left.find((one) => old(one) === named(at)) ?? left[0];
      left = left.filter((one) => one !== note);
      at = (policies.find(({ policy }) => named(policy) === next(note)) ?? first).policy;
      trust = follow(trust, at, note.bytes);
    }
    return { trust, first };
  } catch (error) {
    const fault = error instanceof Refusal ? `the policy: ${error.message}` : unable(error);
    return { trust: null, fault };
  }
}

/** Return a note's lines, its hashes in hex; it is checked when it is followed. */
function noteLines({ bytes }) {
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.map((line) => {
    try {
      return hex(unbase64(line));
    } catch {
      return line;
    }
  });
}

/** Check a bundle, and a PDF against what it proves, and show the answer. */
async function check(bytes, pdf) {
  const { trust, called, fault } = await chosenTrust();
  let verdict = fault ? { outcome: "NOT CHECKED", reason: fault } : judged(bytes, trust);
  const lines = verdict.bundle ? sentences(verdict) : [];
  if (verdict.bundle && pdf) {
    const digest = hex(sha256(pdf.bytes));
    if (!proves(verdict.bundle, digest)) {
      verdict = { outcome: "INVALID", reason: "the PDF is not the one that is proved" };
    } else {
      lines.unshift(say(`file: ${pdf.name} is the PDF that is proved`, `文件：${pdf.name} 即所证明的 PDF`));
    }
  }
  show(verdict, called ? [...lines, called] : lines);
}

/** Check a bundle; a browser that cannot do so has checked nothing. */
function judged(bytes, trust) {
  try {
    return checkBundle(bytes, trust);
  } catch (error) {
    return { outcome: "NOT CHECKED", reason: unable(error) };
  }
}

const unable = (error) => `this browser cannot check it: ${error.message}`;

const proves = ({ events }, digest) =>
  events.some((event) =>
    shownFields(event).some(([path, value]) => path === "/content/pdf_sha256" && value === digest),
  );

function show({ outcome, reason, bundle }, lines) {
  const filled = document.getElementById("answer-form").content.cloneNode(true);
  for (const one of filled.querySelectorAll("[data-outcome]")) {
    if (one.dataset.outcome !== outcome) one.remove();
    else if (reason) one.querySelector(".why").textContent = reasonWords(reason);
  }
  fill(filled.querySelector(".checked"), lines, (line) => element("li", line));
  const fields = bundle ? bundle.events.flatMap(shownFields) : [];
  fill(filled.querySelector("tbody"), fields, ([path, value]) => {
    const row = element("tr");
    row.append(element("td", path), element("td", JSON.stringify(value)));
    for (const cell of row.children) cell.className = "mono";
    return row;
  });
  document.getElementById("served")?.remove();
  answer.replaceChildren(filled);
  answer.scrollIntoView({ block: "nearest" });
}

/** Put items into a list or table; take its panel away if there are none. */
function fill(place, items, made) {
  if (items.length) place.append(...items.map(made));
  else place.closest("section").remove();
}

function element(name, content = "") {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

async function handIn(event) {
  event.preventDefault();
  answer.replaceChildren();
  const given = await Promise.all(Array.from(files.files, bytesOf));
  const text = pasted.value.trim();
  const pdf = given.find(isPdf);
  const bundle = text ? { bytes: utf8(text) } : given.find((one) => !isPdf(one));
  if (bundle) await check(bundle.bytes, pdf);
  else if (pdf) form.submit(); // what the server is asked: is this the paper you issued?
}

files.addEventListener("change", () => {
  const names = Array.from(files.files, (file) => file.name);
  if (names.length) document.getElementById("chosen").textContent = names.join(", ");
});
policyFile.addEventListener("change", () => {
  mine.checked = true;
});
form.addEventListener("submit", handIn);
if (location.hash.startsWith(MARK)) await check(utf8(location.hash.slice(1)));
form.dataset.ready = "yes";
