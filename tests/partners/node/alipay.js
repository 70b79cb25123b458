// Sign notifications as Alipay does, and print what Alipay's own SDK says of them: node alipay.js < JSON
// {"privateKey": PEM, "publicKey": PEM, "notices": [{...}]} -> [{"form": "a=b&...", "accepted": true}]
"use strict";
const { createSign } = require("node:crypto");
const { AlipaySdk } = require("alipay-sdk");

const asked = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const sdk = new AlipaySdk({
  appId: "2021000000000001",
  privateKey: asked.privateKey,
  keyType: "PKCS8",
  alipayPublicKey: asked.publicKey,
});
const notices = asked.notices.map((notice) => {
  const content = Object.keys(notice).sort().map((name) => `${name}=${notice[name]}`).join("&");
  const sign = createSign("RSA-SHA256").update(content, "utf8").sign(asked.privateKey, "base64");
  const signed = { ...notice, sign_type: "RSA2", sign };
  return { form: new URLSearchParams(signed).toString(), accepted: sdk.checkNotifySignV2({ ...signed }) };
});
console.log(JSON.stringify(notices));
