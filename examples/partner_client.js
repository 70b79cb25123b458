// A partner platform's client, Node.js 18 or newer, no packages. See docs/partners.md.
// Passes the check list of the test mode:  SECRET=whsec_test_... node partner_client.js URL PROJECT_CODE
"use strict";
const { createHmac, randomUUID } = require("node:crypto");

class Client {
  constructor(url, secret) {
    this.url = url;
    this.key = Buffer.from(secret.replace(/^whsec_(test_)?/, ""), "base64");
  }

  // GET without a body, else POST; signed after Standard Webhooks, anew at each attempt.
  async call(path = "", body = undefined, key = this.key) {
    const payload = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const id = `msg_${randomUUID()}`;
    const stamp = Math.floor(Date.now() / 1000).toString();
    const mac = createHmac("sha256", key).update(`${id}.${stamp}.${payload}`).digest("base64");
    const response = await fetch(this.url + path, {
      method: body === undefined ? "GET" : "POST",
      body: body === undefined ? undefined : payload,
      headers: {
        "Content-Type": "application/json",
        Prefer: "return=representation",
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": `v1,${mac}`,
      },
      signal: AbortSignal.timeout(10_000),
    });
    return [response.status, await response.json()];
  }
}

function event(type, donation, amount, at, data = {}) {
  const body = { donation_id: donation, amount_minor: amount, currency: "CNY", ...data };
  return { type, id: `${type}-${donation}`, occurred_at: at.toISOString(), data: body };
}

async function passCheckList(client, code) {
  const run = randomUUID().slice(0, 8);
  const now = new Date();
  const then = new Date(now - 11 * 60_000);
  const gift = (at) => ({ project_code: code, paid_at: at.toISOString(), donor: { key: `donor-${run}` } });
  const first = event("donation.paid", `${run}-1`, 5000, now, gift(now));
  const late = event("donation.paid", `${run}-2`, 800, then, gift(then));
  const refund = event("donation.refunded", `${run}-1`, 2000, now);
  for (const body of [{ type: "ping" }, first, first, late, refund]) console.log(...(await client.call("", body)));
  console.log(...(await client.call("", first, Buffer.from("a wrong key, to see it refused"))));
  const rows = [["charge", 1, 5000], ["charge", 2, 800], ["refund", 1, -2000]];
  const lines = rows.map(([kind, n, fen], i) => `${run}-L${i},${kind},${run}-${n},${fen},0,CNY,${now.toISOString()}`);
  const head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at";
  console.log(...(await client.call("/bill?confirm=1", [head, ...lines].join("\n"))));
  return (await client.call("/health"))[1].checks;
}

module.exports = { Client, event, passCheckList };
if (require.main === module) {
  passCheckList(new Client(process.argv[2], process.env.SECRET), process.argv[3]).then(console.log);
}
