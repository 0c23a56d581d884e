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
  SplitShardCommand,
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
  // The subscription goes on through a split, to the end of the parent, and names the children.
  let seen = 0;
  let children = [];
  for await (const { SubscribeToShardEvent: event } of EventStream) {
    seen += event.Records.length;
    if (seen === 4) {
      seen += 1;
      await client.send(
        new SplitShardCommand({
          StreamName,
          ShardToSplit: ShardId,
          NewStartingHashKey: String(2n ** 127n),
        }),
      );
      console.log("ok subscription");
    }
    children = event.ChildShards ?? [];
  }
  assert.equal(seen, 5);
  assert.deepEqual(children.map((each) => each.ParentShards), [[ShardId], [ShardId]]);
  await active(client, StreamName);
  const later = await client.send(
    new PutRecordCommand({ StreamName, PartitionKey: "k1", Data: Buffer.from([9]) }),
  );
  const child = children.find((each) => each.ShardId === later.ShardId);
  const further = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: Consumer.ConsumerARN,
      ShardId: child.ShardId,
      StartingPosition: { Type: "AT_SEQUENCE_NUMBER", SequenceNumber: later.SequenceNumber },
    }),
  );
  for await (const { SubscribeToShardEvent: event } of further.EventStream) {
    if (event.Records.length === 0) continue;
    assert.deepEqual(event.Records.map((each) => [...each.Data]), [[9]]);
    break;
  }
  console.log("ok split");
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
