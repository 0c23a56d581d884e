// AWS SDK for JavaScript v3: Kinesis, for which it speaks HTTP/2 in clear text.
"use strict";
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} = require("@aws-sdk/client-kinesis");

const ShardId = "shardId-000000000000";

async function active(client, StreamName) {
  for (;;) {
    const found = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    if (found.StreamDescriptionSummary.StreamStatus === "ACTIVE") {
      return found.StreamDescriptionSummary.StreamARN;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function main() {
  const client = new KinesisClient({ endpoint: process.env.ENDPOINT, maxAttempts: 1 });
  assert.equal(client.config.requestHandler.constructor.name, "NodeHttp2Handler");
  console.log("ok it speaks HTTP/2");
  const StreamName = `js-${randomUUID()}`;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const arn = await active(client, StreamName);
  console.log("ok stream");
  const big = Buffer.alloc(900_000, 7);
  await client.send(new PutRecordCommand({ StreamName, PartitionKey: "k", Data: big }));
  const put = await client.send(
    new PutRecordsCommand({
      StreamName,
      Records: [1, 2, 3].map((n) => ({ PartitionKey: `k${n}`, Data: Buffer.from([n]) })),
    }),
  );
  assert.equal(put.FailedRecordCount, 0);
  console.log("ok put");
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
  );
  const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
  assert.ok(big.equals(Buffer.from(Records[0].Data)));
  assert.deepEqual(Records.slice(1).map((each) => each.Data[0]), [1, 2, 3]);
  console.log("ok get");
  const answers = await Promise.all(
    [...Array(50)].map(() => client.send(new DescribeStreamSummaryCommand({ StreamName }))),
  );
  assert.equal(answers.length, 50);
  console.log("ok fifty at once");
  await assert.rejects(
    client.send(new DescribeStreamSummaryCommand({ StreamName: "js-none" })),
    { name: "ResourceNotFoundException" },
  );
  console.log("ok refusal");
  const { Consumer } = await client.send(
    new RegisterStreamConsumerCommand({ StreamARN: arn, ConsumerName: "c" }),
  );
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: Consumer.ConsumerARN,
      ShardId,
      StartingPosition: { Type: "TRIM_HORIZON" },
    }),
  );
  let seen = 0;
  for await (const event of EventStream) {
    seen += event.SubscribeToShardEvent.Records.length;
    if (seen === 4) break;
  }
  console.log("ok subscription");
  await client.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
  client.destroy();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
