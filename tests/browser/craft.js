// Ed25519 signatures on which verifiers are known to differ, and what ours says of each.
async (seed) => {
  const { Point, getPublicKey, sign, hashes } = await import("/assets/vendor/noble-ed25519/index.js");
  const { sha512 } = await import("/assets/vendor/noble-hashes/sha2.js");
  const { concat, hex, unhex, utf8, verifyEd25519 } = await import("/assets/proof/bytes.js");
  hashes.sha512 = sha512;
  const order = Point.CURVE().n;
  const number = (bytes) => BigInt("0x" + hex(bytes.slice().reverse()));
  const bytes = (value) => unhex(value.toString(16).padStart(64, "0")).reverse();
  const random = (what) => (number(sha512(utf8(seed + what))) % (order - 1n)) + 1n;
  const end = (first, last, fill) => first + fill.repeat(30) + last;
  const eight = ["26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                 "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"];
  const torsion = [end("01", "00", "00"), end("ec", "7f", "ff"), end("00", "00", "00"), end("00", "80", "00"),
    ...eight, ...eight.map((one) => one.slice(0, 62) + (Number.parseInt(one.slice(62), 16) | 128).toString(16)),
    end("01", "80", "00"), end("ec", "ff", "ff"), end("ee", "7f", "ff"), end("ee", "ff", "ff"),
    end("ed", "7f", "ff"), end("ed", "ff", "ff")];
  const cases = [];
  const add = (kind, key, message, r, s) => cases.push([kind, key, message, concat(r, bytes(s))]);
  const k = (r, key, message) => number(sha512(concat(r, key, message))) % order;
  for (const [at, encoded] of torsion.entries()) {
    const small = Point.fromBytes(unhex(encoded), true);
    const [a, r] = [random(`a${at}`), random(`r${at}`)];
    const [key, nonce] = [Point.BASE.multiply(a), Point.BASE.multiply(r)];
    for (let round = 0; round < 10; round += 1) {
      const message = utf8(`message ${round}`);
      add("small key", unhex(encoded), message, nonce.toBytes(), r);
      add("small key and R", unhex(encoded), message, unhex(encoded), 0n);
      const mixed = key.add(small).toBytes();
      const plain = nonce.toBytes();
      add("mixed key", mixed, message, plain, (r + k(plain, mixed, message) * a) % order);
      const other = nonce.add(small).toBytes();
      add("mixed R", key.toBytes(), message, other, (r + k(other, key.toBytes(), message) * a) % order);
      add("small R", key.toBytes(), message, unhex(encoded), (k(unhex(encoded), key.toBytes(), message) * a) % order);
    }
  }
  const secret = sha512(utf8(seed)).slice(0, 32);
  const [key, message] = [getPublicKey(secret), utf8("good")];
  const good = sign(message, secret);
  const s = number(good.slice(32));
  cases.push(["good", key, message, good]);
  add("s + L", key, message, good.slice(0, 32), s + order);
  add("L - s", key, message, good.slice(0, 32), order - s);
  cases.push(["short", key, message, good.slice(1)], ["off the curve", unhex("02" + "00".repeat(31)), message, good]);
  return cases.map(([kind, ...rest]) => [kind, ...rest.map(hex), verifyEd25519(...rest)]);
}
