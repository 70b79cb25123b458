// Sign a body with a library of npm and print the headers: node sign.js LIBRARY SECRET BODY
"use strict";
const { Webhook } = require(process.argv[2]);

const [, , , secret, body] = process.argv;
const id = `msg_${Date.now()}`;
const at = new Date();
const headers = {
  "webhook-id": id,
  "webhook-timestamp": Math.floor(at.getTime() / 1000).toString(),
  "webhook-signature": new Webhook(secret).sign(id, at, body),
};
console.log(JSON.stringify(headers));
