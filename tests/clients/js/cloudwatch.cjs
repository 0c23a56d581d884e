// AWS SDK for JavaScript v3: CloudWatch by each of its protocols, and its errors.
"use strict";
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const {
  AwsJson1_0Protocol,
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
} = require("@aws-sdk/core/protocols");
const {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} = require("@aws-sdk/client-cloudwatch");

async function tell(protocol, contentType) {
  const client = new CloudWatchClient({
    endpoint: process.env.ENDPOINT,
    maxAttempts: 1,
    ...(protocol ? { protocol } : {}),
  });
  const sent = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      sent.push(args.request.headers["content-type"]);
      return next(args);
    },
    { step: "finalizeRequest" },
  );
  const Namespace = `Js/${randomUUID()}`;
  const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 120000);
  await client.send(
    new PutMetricDataCommand({
      Namespace,
      MetricData: [
        { MetricName: "Orders", Timestamp: minute, Values: [1.5, 3], Counts: [2, 1], Unit: "Count" },
      ],
    }),
  );
  const listed = await client.send(new ListMetricsCommand({ Namespace }));
  assert.deepEqual(listed.Metrics, [{ Namespace, MetricName: "Orders", Dimensions: [] }]);
  const data = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(minute.getTime() - 600000),
      EndTime: new Date(minute.getTime() + 600000),
      MetricDataQueries: [
        {
          Id: "m1",
          MetricStat: { Metric: { Namespace, MetricName: "Orders" }, Period: 60, Stat: "Sum" },
        },
        { Id: "e1", Expression: "m1 / 2" },
      ],
    }),
  );
  assert.deepEqual(data.MetricDataResults.map((each) => each.Values), [[6], [3]]);
  assert.deepEqual(data.MetricDataResults[0].Timestamps, [minute]);
  console.log(`ok metrics by ${contentType}`);
  const AlarmName = randomUUID();
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName, Namespace, MetricName: "Orders", Statistic: "Sum", Period: 60,
      EvaluationPeriods: 1, Threshold: 5.5, ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  const found = await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }));
  assert.equal(found.MetricAlarms[0].Threshold, 5.5);
  assert.ok(found.MetricAlarms[0].StateUpdatedTimestamp instanceof Date);
  await client.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
  await assert.rejects(
    client.send(new GetDashboardCommand({ DashboardName: "nowhere" })),
    (error) => {
      assert.equal(error.name, "ResourceNotFound"); // the query protocol's code, as AWS sends
      assert.equal(error.message, "Dashboard nowhere does not exist");
      assert.equal(error.$metadata.httpStatusCode, 404);
      return true;
    },
  );
  console.log(`ok alarms and errors by ${contentType}`);
  assert.ok(sent.every((each) => each.startsWith(contentType)), String(sent));
}

async function main() {
  await tell(undefined, "application/");
  await tell(AwsSmithyRpcV2CborProtocol, "application/cbor");
  await tell(AwsJson1_0Protocol, "application/x-amz-json-1.0");
  await tell(AwsQueryProtocol, "application/x-www-form-urlencoded");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
