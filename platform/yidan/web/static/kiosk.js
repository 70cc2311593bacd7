// One lane's screen. A transaction's id is made and stored before anything is sent, and is its
// idempotency key: a reload, a second badge or a lost answer goes on with the same transaction.
"use strict";

(() => {
  const kiosk = document.getElementById("kiosk");
  const part = (id) => document.getElementById(id);
  const place = `yidan.kiosk.${kiosk.dataset.lane}`;
  const RETRY_MS = 3000;
  const VERDICTS = ["approve", "refer", "deny"];
  const FOLLOW_MS = 2000;
  let ticking = null;
  let waiting = null;

  // --- what must survive a reload -------------------------------------------------------------

  const kept = () => JSON.parse(localStorage.getItem(place) || "null");
  const keep = (transaction) => localStorage.setItem(place, JSON.stringify(transaction));
  const forget = () => localStorage.removeItem(place);

  function newId() {
    if (window.crypto.randomUUID) return crypto.randomUUID();
    // Plain http has no randomUUID; getRandomValues is there (RFC 9562, version 4).
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // --- calls ----------------------------------------------------------------------------------

  function post(path, key, body) {
    return fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/json",
        "Accept-Language": kiosk.dataset.language,
        "Idempotency-Key": key,
        "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
      },
      body: JSON.stringify(body),
    });
  }

  async function send(transaction) {
    show("sending");
    try {
      const response = await post(kiosk.dataset.transactions, transaction.id, transaction.body);
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      part("offline").hidden = true;
      transaction.answer = await response.json();
      transaction.refused = !response.ok;
      heard(transaction, response);
      keep(transaction);
      tell(transaction);
    } catch {
      part("offline").hidden = false;
      setTimeout(() => send(transaction), RETRY_MS);
    }
  }

  // How long the decision lives is told by the server's two clocks alone: its own and the end.
  function heard(transaction, response) {
    // Application and server may both have dated the answer: "Sun, 22 … GMT, Sun, 22 … GMT".
    const told = Date.parse((response.headers.get("Date") || "").match(/^\w+, [^,]+/)?.[0]);
    const end = Date.parse(transaction.answer.expiresAt);
    transaction.endsAt = Date.now() + Math.max(0, end - told || 0);
  }

  // While a clerk looks, ask how the transaction stands.
  async function follow(transaction) {
    const response = await fetch(`${kiosk.dataset.transactions}/${transaction.answer.id}`, {
      credentials: "same-origin",
      headers: { "Accept-Language": kiosk.dataset.language },
    }).catch(() => null);
    if (kept()?.id !== transaction.id) return;
    if (response?.ok) {
      transaction.answer = await response.json();
      heard(transaction, response);
      keep(transaction);
    }
    tell(transaction);
  }

  async function openBarrier(transaction) {
    part("open").disabled = true;
    const path = `${kiosk.dataset.decisions}/${transaction.answer.decisionId}/opening`;
    try {
      const response = await post(path, transaction.openKey, { lane: kiosk.dataset.lane });
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      const answer = await response.json();
      if (response.ok) transaction.opened = true;
      else transaction.answer = { ...transaction.answer, verdict: "DENY", reasons: answer.reasons };
      keep(transaction);
      tell(transaction);
    } catch {
      setTimeout(() => openBarrier(transaction), RETRY_MS);
    }
  }

  // --- the screen -----------------------------------------------------------------------------

  function show(stage) {
    for (const id of ["capture", "sending", "opened", ...VERDICTS]) part(id).hidden = id !== stage;
    for (const id of ["about", "reasons", "acts"]) part(id).hidden = true;
  }

  function tell(transaction) {
    const verdict = String(transaction.answer.verdict || "").toLowerCase();
    const known = VERDICTS.includes(verdict) && !transaction.refused;
    transaction.opened ||= Boolean(transaction.answer.openedAt);
    show(transaction.opened ? "opened" : known ? verdict : "deny");
    if (known && verdict === "refer") waiting = setTimeout(() => follow(transaction), FOLLOW_MS);
    part("about").textContent = `${transaction.body.plate}  ·  ${transaction.body.equipmentReference}`;
    part("about").hidden = false;
    part("acts").hidden = false;
    reasons(transaction.opened ? [] : transaction.answer.reasons || []);
    countDown(transaction, known && verdict === "approve" && !transaction.opened);
  }

  function reasons(found) {
    const row = part("reason-row").content;
    const role = (owner) => document.querySelector(`#roles [data-role="${CSS.escape(owner || "")}"]`);
    part("reasons").replaceChildren(...found.map((reason) => {
      const line = row.cloneNode(true);
      line.querySelector(".why-text").textContent = reason.message;
      line.querySelector(".why-role").textContent = role(reason.owner)?.textContent ?? reason.owner;
      return line;
    }));
    part("reasons").hidden = found.length === 0;
  }

  // The decision lives some seconds on the server, which alone decides; this clock only shows them.
  function countDown(transaction, live) {
    clearInterval(ticking);
    part("late").hidden = true;
    part("open").hidden = !live || !transaction.answer.decisionId;
    part("open").disabled = false;
    if (part("open").hidden) return;
    part("open").onclick = () => openBarrier(transaction);
    const tick = () => {
      const left = Math.ceil((transaction.endsAt - Date.now()) / 1000);
      part("left").textContent = left > 0 ? `${left} s` : "";
      if (left > 0) return;
      clearInterval(ticking);
      part("open").hidden = true;
      part("late").hidden = false;
    };
    ticking = setInterval(tick, 250);
    tick();
  }

  // --- what the driver does -------------------------------------------------------------------

  // What a person typed is sure (1000 per mille); what was left out counts as unread.
  function captured(id) {
    const value = (name) => part(name).value.trim();
    const plain = (name) => value(name).toUpperCase().replace(/\s/g, "");
    const body = {
      transactionId: id,
      direction: document.querySelector("input[name=direction]:checked").value,
      lane: kiosk.dataset.lane,
      plate: plain("plate"),
      driverId: value("driver"),
      equipmentReference: plain("box"),
      sealNumbers: value("seal").toUpperCase().split(/[\s,;]+/).filter(Boolean),
      confidence: {},
      capturedAt: new Date().toISOString(),
    };
    if (value("weight")) body.grossMassKg = Number.parseInt(value("weight"), 10);
    for (const name of ["plate", "driverId", "equipmentReference", "sealNumbers"]) {
      if (body[name].length) body.confidence[name] = 1000;
    }
    return body;
  }

  part("capture").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = newId();
    const transaction = kept() || { id, openKey: newId(), body: captured(id) };
    keep(transaction);
    send(transaction);
  });

  part("next").addEventListener("click", () => {
    clearInterval(ticking);
    clearTimeout(waiting);
    forget();
    part("capture").reset();
    show("capture");
    part("plate").focus();
  });

  const open = kept();
  if (open && open.answer) tell(open);
  else if (open) send(open);
  else part("plate").focus();
})();
