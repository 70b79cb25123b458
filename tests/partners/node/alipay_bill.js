// Ask for the bill of a day with Alipay's own SDK, and print its answer: node alipay_bill.js < JSON
// {"privateKey": PEM, "publicKey": PEM, "gateway": URL, "day": "2026-09-09"} -> {"code": ...} or {"refused": ...}
"use strict";
const { AlipaySdk } = require("alipay-sdk");

const asked = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const sdk = new AlipaySdk({
  appId: "2021000000000001",
  privateKey: asked.privateKey,
  keyType: "PKCS8",
  alipayPublicKey: asked.publicKey,
  gateway: asked.gateway,
});
const bizContent = { bill_type: "trade", bill_date: asked.day };
sdk.exec("alipay.data.dataservice.bill.downloadurl.query", { bizContent }, { validateSign: true }).then(
  (answer) => console.log(JSON.stringify(answer)),
  (error) => console.log(JSON.stringify({ refused: String(error.message) })),
);
