// Runs stories (see dax_cases.py) with one of the DAX clients and prints what it was told.
// Standard input: {client, endpoint, region, cases: [[operation, request], …]}, binaries as base64.
'use strict';
const { readFileSync } = require('node:fs');

const { client: name, endpoint, region, cases } = JSON.parse(readFileSync(0, 'utf8'));
const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY };

// Request and answer hold attribute values: binaries are bytes there and base64 in JSON.
const decoded = (node) => {
  if (Array.isArray(node)) return node.map(decoded);
  if (node === null || typeof node !== 'object') return node;
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === 'B') return { B: Buffer.from(node.B, 'base64') };
  if (keys.length === 1 && keys[0] === 'BS') return { BS: node.BS.map((each) => Buffer.from(each, 'base64')) };
  return Object.fromEntries(keys.map((key) => [key, decoded(node[key])]));
};
const encoded = (node) => {
  if (node instanceof Uint8Array) return Buffer.from(node).toString('base64');
  if (Array.isArray(node)) return node.map(encoded);
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, encoded(value)]));
};

const CLIENTS = {
  // For the AWS SDK of version 3.
  'client-dax'() {
    const { Dax } = require('@amazon-dax-sdk/client-dax');
    const client = new Dax({ endpoints: [endpoint], region, credentials, maxRetries: 0 });
    return { call: (method, request) => client[method](request), end: () => client.shutdown() };
  },
  // For the AWS SDK of version 2.
  'amazon-dax-client'() {
    const AmazonDaxClient = require('amazon-dax-client');
    const client = new AmazonDaxClient({ endpoints: [endpoint], region, credentials, maxRetries: 0 });
    return { call: (method, request) => client[method](request).promise(), end: () => client.shutdown() };
  },
};

async function main() {
  const { call, end } = CLIENTS[name]();
  const answers = [];
  for (const [operation, request] of cases) {
    const method = operation[0].toLowerCase() + operation.slice(1);
    try {
      answers.push(encoded(await call(method, decoded(request))));
    } catch (fault) {
      const code = fault.code ?? fault.name;
      // The clients put the code before the text that they were told.
      const text = fault.message.startsWith(`${code}: `) ? fault.message.slice(code.length + 2) : fault.message;
      const told = { error: { Code: code, Message: text } };
      const reasons = fault.CancellationReasons ?? fault.cancellationReasons;
      if (reasons) told.reasons = encoded(reasons);
      answers.push(told);
    }
  }
  process.stdout.write(JSON.stringify(answers), () => process.exit(0)); // its timers would go on
  end();
}
main().catch((fault) => { console.error(fault); process.exit(1); });
