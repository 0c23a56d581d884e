// Shared by the client scripts: where the server is, fresh names, and a tiny step reporter.
'use strict';
const { randomUUID } = require('node:crypto');

const options = {
  endpoint: process.env.ENDPOINT,
  region: process.env.AWS_REGION,
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  },
  maxAttempts: 1, // a retried 5xx would hide the fault that it is
};

const fresh = (stem) => `${stem}-${randomUUID().slice(0, 8)}`;

// Run the steps in order; the name of the one that fails is on standard error.
async function run(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log(`ok ${name}`);
    } catch (fault) {
      console.error(`FAILED ${name}`);
      console.error(fault);
      process.exit(1);
    }
  }
  process.exit(0); // kept-alive sockets must not hold the process
}

module.exports = { options, fresh, run };
