"""One of nearly everything: requests that are right, made one after the other with the SDK.

`examples` makes tables with items, streams, buckets, log groups, alarms and so on, and keeps what
was asked: these are the requests that are broken then. Whatever came up on the way, asked or told,
is kept by the names of the members, so that a name, a token or an ARN that is put somewhere is one
that leads somewhere.
"""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

from botocore import xform_name

ACTIVE_S_MAX = 60
ROLE = "arn:aws:iam::000000000000:role/fuzz"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["dynamodb:*"],
                "Resource": "*",
                "Condition": {"StringLike": {"aws:username": "${aws:username}*"}},
            }
        ],
    }
)
TRUST = POLICY.replace('"Resource": "*"', '"Principal": "*"').replace(
    "dynamodb:*", "sts:AssumeRole"
)
READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/fuzz",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


class Known:
    """Requests by service and operation, and values by service and name of a member."""

    def __init__(self, clients: dict[str, Any]) -> None:
        self._clients = clients
        self.requests: dict[str, list[tuple[str, dict[str, Any]]]] = {name: [] for name in clients}
        self.values: dict[str, dict[str, list[Any]]] = {name: {} for name in clients}

    def ask(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        """Ask by the SDK, which raises what is refused."""
        answer = getattr(self._clients[service], xform_name(operation))(**members)
        answer.pop("ResponseMetadata")
        self.requests[service].append((operation, members))
        self._keep(service, "", members)
        self._keep(service, "", answer)
        return dict(answer)

    def active(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        """What a stream is told to be as soon as it is ACTIVE."""
        deadline = time.monotonic() + ACTIVE_S_MAX
        while True:
            (told,) = self.ask(service, operation, **members).values()
            if "ACTIVE" in (told.get("StreamStatus"), told.get("DeliveryStreamStatus")):
                return dict(told)
            self.requests[service].pop()
            assert time.monotonic() < deadline, told
            time.sleep(0.02)

    def named(self, service: str, name: str, random: Random) -> Any:
        """A value that a member of this name had, or one of any member."""
        found = self.values[service]
        return random.choice(found.get(name) or random.choice(list(found.values())))

    def _keep(self, service: str, name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                self._keep(service, key, each)
        elif isinstance(value, list):
            for each in value[:5]:
                self._keep(service, name, each)
        elif isinstance(value, str | int | float | bytes):
            kept = self.values[service].setdefault(name, [])
            if value not in kept and len(kept) < 40:
                kept.append(value)


def examples(clients: dict[str, Any]) -> Known:
    known = Known(clients)
    for each in (_iam, _dynamodb, _s3, _kinesis, _firehose, _logs, _cloudwatch, _scaling, _dax):
        each(known)
    _glue_and_athena(known)
    return known


def _iam(known: Known) -> None:
    def iam(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("iam", operation, **members)

    iam("CreateRole", RoleName="fuzz", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=3600)
    arn = iam("CreatePolicy", PolicyName="fuzz", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=POLICY, SetAsDefault=True)
    iam("CreateUser", UserName="fuzz", Path="/a/", Tags=[{"Key": "k", "Value": "v"}])
    iam("AttachUserPolicy", UserName="fuzz", PolicyArn=arn)
    iam("PutUserPolicy", UserName="fuzz", PolicyName="in", PolicyDocument=POLICY)
    iam("CreateGroup", GroupName="fuzz")
    iam("AddUserToGroup", GroupName="fuzz", UserName="fuzz")
    iam("CreateAccessKey", UserName="fuzz")
    iam("ListUsers", MaxItems=1)
    iam("ListPolicyVersions", PolicyArn=arn)
    iam("UpdateAccountPasswordPolicy", MinimumPasswordLength=8)
    context = {"ContextKeyName": "aws:username", "ContextKeyType": "string"}
    iam(
        "SimulateCustomPolicy",
        PolicyInputList=[POLICY],
        ActionNames=["dynamodb:GetItem"],
        ResourceArns=["arn:aws:dynamodb:us-east-1:000000000000:table/fuzz"],
        ContextEntries=[{**context, "ContextKeyValues": ["fuzz"]}],
    )
    known.ask("sts", "GetCallerIdentity")
    session = {"RoleArn": ROLE, "RoleSessionName": "fuzz", "DurationSeconds": 900}
    known.ask("sts", "AssumeRole", **session, Policy=POLICY, Tags=[{"Key": "a", "Value": "b"}])
    known.ask("sts", "GetFederationToken", Name="fuzz", Policy=POLICY)


def _dynamodb(known: Known) -> None:
    def db(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("dynamodb", operation, **members)

    kinds = {"pk": "S", "sk": "N", "g": "S"}
    db(
        "CreateTable",
        TableName="fuzz",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": v} for k, v in kinds.items()],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "byG",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        DeletionProtectionEnabled=True,
    )
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "g"}}
    item["a"] = {"M": {"b": {"L": [{"N": "1.5"}, {"NULL": True}, {"SS": ["x", "y"]}, {"B": b"b"}]}}}
    key, one = {"pk": {"S": "a"}, "sk": {"N": "1"}}, {":one": {"N": "1"}}
    db("PutItem", TableName="fuzz", Item=item, ReturnConsumedCapacity="INDEXES")
    db(
        "UpdateItem",
        TableName="fuzz",
        Key=key,
        UpdateExpression="SET #c = if_not_exists(c, :one) + :one, z = :l REMOVE q ADD n :one",
        ConditionExpression="attribute_exists(pk) AND (a.b[0] > :one OR NOT contains(a, :one))",
        ExpressionAttributeNames={"#c": "c"},
        ExpressionAttributeValues={**one, ":l": {"L": [{"S": "a"}]}},
        ReturnValues="ALL_NEW",
    )
    db("GetItem", TableName="fuzz", Key=key, ProjectionExpression="a.b[0], sk")
    for n in "234":
        db("PutItem", TableName="fuzz", Item={**item, "sk": {"N": n}})
    db(
        "Query",
        TableName="fuzz",
        KeyConditionExpression="pk = :p AND sk BETWEEN :one AND :nine",
        FilterExpression="attribute_type(a, :t) OR size(a) IN (:one)",
        ExpressionAttributeValues={**one, ":p": {"S": "a"}, ":nine": {"N": "9"}, ":t": {"S": "M"}},
        Limit=2,
    )
    page = db("Scan", TableName="fuzz", IndexName="byG", Limit=2)
    start = page["LastEvaluatedKey"]
    db("Scan", TableName="fuzz", IndexName="byG", Limit=2, ExclusiveStartKey=start)
    db("BatchGetItem", RequestItems={"fuzz": {"Keys": [key], "ProjectionExpression": "pk, a"}})
    db("BatchWriteItem", RequestItems={"fuzz": [{"PutRequest": {"Item": item}}]})
    writes = [
        {"Put": {"TableName": "fuzz", "Item": item}},
        {"Delete": {"TableName": "fuzz", "Key": {**key, "sk": {"N": "9"}}}},
    ]
    db("TransactWriteItems", TransactItems=writes, ClientRequestToken="fuzz")
    db("TransactGetItems", TransactItems=[{"Get": {"TableName": "fuzz", "Key": key}}])
    db("ExecuteStatement", Statement='SELECT a.b FROM "fuzz" WHERE pk = ? AND sk > 1',
       Parameters=[{"S": "a"}], Limit=1)  # fmt: skip
    db("ExecuteStatement", Statement="UPDATE fuzz SET d = [1, <<'x'>>] WHERE pk='a' AND sk=1")
    ttl = {"Enabled": True, "AttributeName": "ttl"}
    db("UpdateTimeToLive", TableName="fuzz", TimeToLiveSpecification=ttl)
    recovery = {"PointInTimeRecoveryEnabled": True}
    db("UpdateContinuousBackups", TableName="fuzz", PointInTimeRecoverySpecification=recovery)
    backup = db("CreateBackup", TableName="fuzz", BackupName="fuzz")["BackupDetails"]["BackupArn"]
    db("DescribeBackup", BackupArn=backup)
    table = db("DescribeTable", TableName="fuzz")["Table"]
    db("TagResource", ResourceArn=table["TableArn"], Tags=[{"Key": "a", "Value": "b"}])

    def streams(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("dynamodbstreams", operation, **members)

    arn = table["LatestStreamArn"]
    streams("ListStreams", TableName="fuzz", Limit=1)
    shard = streams("DescribeStream", StreamArn=arn, Limit=1)["StreamDescription"]["Shards"][0]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    streams("GetShardIterator", **place, ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            SequenceNumber=shard["SequenceNumberRange"]["StartingSequenceNumber"])  # fmt: skip
    found = streams("GetShardIterator", **place, ShardIteratorType="TRIM_HORIZON")
    streams("GetRecords", ShardIterator=found["ShardIterator"], Limit=2)


def _s3(known: Known) -> None:
    def s3(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("s3", operation, **members)

    for bucket in ("fuzz", "fuzz-versions"):
        s3("CreateBucket", Bucket=bucket)
    s3("PutBucketVersioning", Bucket="fuzz-versions",
       VersioningConfiguration={"Status": "Enabled"})  # fmt: skip
    for bucket in ("fuzz", "fuzz-versions"):
        for key in ("k", "a/b", "a/é"):
            s3("PutObject", Bucket=bucket, Key=key, Body=b"a,b\n1,2\n", Tagging="a=b",
               Metadata={"m": "v"}, ChecksumAlgorithm="SHA256")  # fmt: skip
    here = {"Bucket": "fuzz", "Key": "parts"}
    upload = {**here, "UploadId": s3("CreateMultipartUpload", **here)["UploadId"]}
    part = s3("UploadPart", **upload, PartNumber=1, Body=b"x" * 100)["ETag"]
    s3("UploadPartCopy", **upload, PartNumber=2, CopySource="fuzz/k", CopySourceRange="bytes=0-3")
    s3("ListParts", **upload, MaxParts=1)
    s3("ListMultipartUploads", Bucket="fuzz")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3("CompleteMultipartUpload", **upload, MultipartUpload=parts)
    page = s3("ListObjectsV2", Bucket="fuzz", MaxKeys=1)
    s3("ListObjectsV2", Bucket="fuzz", ContinuationToken=page["NextContinuationToken"])
    s3("ListObjects", Bucket="fuzz", Prefix="a", Delimiter="/", EncodingType="url")
    s3("ListObjectVersions", Bucket="fuzz-versions", MaxKeys=1)
    s3("HeadObject", Bucket="fuzz", Key="k")
    s3("GetObjectAttributes", Bucket="fuzz", Key="k", ObjectAttributes=["ETag", "Checksum"])
    s3("CopyObject", Bucket="fuzz", Key="copy", CopySource="fuzz-versions/k")
    s3("PutObjectTagging", Bucket="fuzz", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3("DeleteObjects", Bucket="fuzz", Delete={"Objects": [{"Key": "none"}]})
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 3}
    s3("PutBucketCors", Bucket="fuzz", CORSConfiguration={"CORSRules": [rule]})
    within = {"And": {"Prefix": "none", "Tags": [{"Key": "a", "Value": "b"}]}}
    rule = {"ID": "a", "Status": "Enabled", "Filter": within, "Expiration": {"Days": 100}}
    s3("PutBucketLifecycleConfiguration", Bucket="fuzz", LifecycleConfiguration={"Rules": [rule]})
    s3("PutBucketWebsite", Bucket="fuzz",
       WebsiteConfiguration={"IndexDocument": {"Suffix": "i"}})  # fmt: skip
    s3("GetBucketAcl", Bucket="fuzz")
    s3("GetBucketLocation", Bucket="fuzz")
    known.requests["s3"].append(("GetObject", {"Bucket": "fuzz", "Key": "k", "Range": "bytes=0-1"}))


def _kinesis(known: Known) -> None:
    def kinesis(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("kinesis", operation, **members)

    kinesis("CreateStream", StreamName="fuzz", ShardCount=2)
    told = known.active("kinesis", "DescribeStreamSummary", StreamName="fuzz")
    put = kinesis("PutRecord", StreamName="fuzz", Data=b"data", PartitionKey="a")
    records = [{"Data": b"x", "PartitionKey": "a", "ExplicitHashKey": "0"}]
    kinesis("PutRecords", StreamName="fuzz", Records=records)
    page = kinesis("ListShards", StreamName="fuzz", MaxResults=1)
    kinesis("ListShards", NextToken=page["NextToken"])
    place = {"StreamName": "fuzz", "ShardId": put["ShardId"]}
    kinesis("GetShardIterator", **place, ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            StartingSequenceNumber=put["SequenceNumber"])  # fmt: skip
    kinesis("GetShardIterator", **place, ShardIteratorType="AT_TIMESTAMP", Timestamp=1.0)
    found = kinesis("GetShardIterator", **place, ShardIteratorType="TRIM_HORIZON")
    kinesis("GetRecords", ShardIterator=found["ShardIterator"], Limit=1)
    kinesis("ListStreams", Limit=1)
    arn = told["StreamARN"]
    consumer = kinesis("RegisterStreamConsumer", StreamARN=arn, ConsumerName="fuzz")["Consumer"]
    known.requests["kinesis"] += [
        ("SplitShard", {"StreamName": "fuzz", "ShardToSplit": put["ShardId"],
                        "NewStartingHashKey": "1000"}),
        ("UpdateShardCount", {"StreamName": "fuzz", "TargetShardCount": 3,
                              "ScalingType": "UNIFORM_SCALING"}),
        ("SubscribeToShard", {"ConsumerARN": consumer["ConsumerARN"], "ShardId": put["ShardId"],
                              "StartingPosition": {"Type": "AT_TIMESTAMP", "Timestamp": 1.0}}),
    ]  # fmt: skip
    known.ask("dynamodb", "EnableKinesisStreamingDestination", TableName="fuzz", StreamArn=arn)


def _firehose(known: Known) -> None:
    def firehose(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("firehose", operation, **members)

    query = [
        {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{a: .a | tostring}"},
        {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
    ]
    destination = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::fuzz",
        "Prefix": "p/!{timestamp:yyyy/MM}/!{partitionKeyFromQuery:a}/",
        "ErrorOutputPrefix": "e/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 900},
        "CompressionFormat": "GZIP",
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "MetadataExtraction", "Parameters": query}],
        },
    }
    firehose(
        "CreateDeliveryStream",
        DeliveryStreamName="fuzz",
        DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration=destination,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    found = known.active("firehose", "DescribeDeliveryStream", DeliveryStreamName="fuzz")
    firehose("PutRecord", DeliveryStreamName="fuzz", Record={"Data": b'{"a": 1}'})
    firehose("PutRecordBatch", DeliveryStreamName="fuzz", Records=[{"Data": b"x"}])
    firehose(
        "UpdateDestination",
        DeliveryStreamName="fuzz",
        CurrentDeliveryStreamVersionId=found["VersionId"],
        DestinationId=found["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 65, "IntervalInSeconds": 900}},
    )
    firehose("ListDeliveryStreams", Limit=1)


def _logs(known: Known) -> None:
    def logs(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("logs", operation, **members)

    group = {"logGroupName": "/fuzz"}
    logs("CreateLogGroup", **group, tags={"a": "b"})
    logs("CreateLogStream", **group, logStreamName="s")
    texts = ('{"a": 1, "b": {"c": "x"}}', "ERROR x 1", "[1] y z")
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms + n, "message": text} for n, text in enumerate(texts)]
    logs("PutLogEvents", **group, logStreamName="s", logEvents=events)
    page = logs("GetLogEvents", **group, logStreamName="s", limit=1, startFromHead=True)
    logs("GetLogEvents", **group, logStreamName="s", nextToken=page["nextForwardToken"])
    logs("FilterLogEvents", **group, filterPattern='{ ($.a = 1) && $.b.c = "x*" }', startTime=0)
    for pattern in ('"a b" -c ?d ?e', "[ip, u = 4*, ...]", "%r[0-9]+%"):
        logs("TestMetricFilter", filterPattern=pattern, logEventMessages=list(texts))
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    logs("PutMetricFilter", **group, filterName="f", filterPattern="x",
         metricTransformations=[metric])  # fmt: skip
    logs("DescribeLogStreams", **group, orderBy="LastEventTime", descending=True, limit=1)
    logs("PutRetentionPolicy", **group, retentionInDays=7)
    query = (
        "fields @message, strlen(@message) as n | filter @message like /ERR(?<x>.*)/ and n in [1] "
        '| parse @message "* *" as p, q | stats count(*) as c, pct(n, 90) by bin(5m) | sort c desc'
    )
    asked = {"logGroupNames": ["/fuzz"], "startTime": 0, "endTime": 2**31, "queryString": query}
    logs("GetQueryResults", queryId=logs("StartQuery", **asked)["queryId"])
    logs("PutQueryDefinition", name="fuzz", queryString=query)
    (found,) = logs("DescribeLogGroups", limit=1)["logGroups"]
    tail = {"logGroupIdentifiers": [found["logGroupArn"]], "logStreamNamePrefixes": ["s"]}
    known.requests["logs"].append(("StartLiveTail", tail))


def _cloudwatch(known: Known) -> None:
    def cloudwatch(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("cloudwatch", operation, **members)

    metric = {"Namespace": "fuzz", "MetricName": "M"}
    sides = [{"Name": "a", "Value": "b"}]
    now_s = int(time.time())
    during = {"StartTime": now_s - 3600, "EndTime": now_s}
    data = [
        {"MetricName": "M", "Value": 1.5, "Timestamp": now_s, "Dimensions": sides, "Unit": "Count"},
        {"MetricName": "M", "Values": [1.0, 2.0], "Counts": [1.0, 3.0], "StorageResolution": 1},
    ]
    cloudwatch("PutMetricData", Namespace="fuzz", MetricData=data)
    cloudwatch("GetMetricStatistics", **metric, **during, Period=60, Statistics=["Sum"],
               ExtendedStatistics=["p99.9", "tm(10%:90%)"])  # fmt: skip
    stat = {"Metric": {**metric, "Dimensions": sides}, "Period": 60, "Stat": "Sum"}
    math = "IF(m > 1, SUM(METRICS()) / 2, RATE(m)) + FILL(m, 0) + SUM(SEARCH('{fuzz,a} M', 'Sum'))"
    queries = [{"Id": "m", "MetricStat": stat}, {"Id": "e", "Expression": math, "Label": "${MAX}"}]
    cloudwatch("GetMetricData", MetricDataQueries=queries, **during, MaxDatapoints=500)
    cloudwatch("ListMetrics", Namespace="fuzz", Dimensions=[{"Name": "a"}])
    judged = {"EvaluationPeriods": 2, "Threshold": 1.0}
    judged["ComparisonOperator"] = "GreaterThanThreshold"
    cloudwatch("PutMetricAlarm", AlarmName="fuzz", **metric, **judged, Statistic="Sum", Period=60)
    rule = 'ALARM(fuzz) AND NOT (OK("fuzz") OR TRUE)'
    cloudwatch("PutCompositeAlarm", AlarmName="composite", AlarmRule=rule)
    cloudwatch("SetAlarmState", AlarmName="fuzz", StateValue="ALARM", StateReason="r",
               StateReasonData="{}")  # fmt: skip
    cloudwatch("DescribeAlarms", MaxRecords=1)
    cloudwatch("DescribeAlarmHistory", MaxRecords=1)
    cloudwatch("PutDashboard", DashboardName="fuzz", DashboardBody='{"widgets": []}')
    definition = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["/fuzz"],
        "LogFormat": "JSON",
        "Contribution": {"Keys": ["$.a"], "Filters": []},
        "AggregateOn": "Count",
    }
    cloudwatch("PutInsightRule", RuleName="fuzz", RuleDefinition=json.dumps(definition))
    cloudwatch("GetInsightRuleReport", RuleName="fuzz", **during, Period=60)


def _scaling(known: Known) -> None:
    def scaling(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("application-autoscaling", operation, **members)

    scaling("RegisterScalableTarget", **READS, MinCapacity=5, MaxCapacity=10)
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
        },
    }
    scaling(
        "PutScalingPolicy",
        **READS,
        PolicyName="fuzz",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    scaling(
        "PutScheduledAction",
        **READS,
        ScheduledActionName="fuzz",
        Schedule="cron(0 12 L * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 5},
    )
    scaling("DescribeScalableTargets", ServiceNamespace="dynamodb", MaxResults=1)


def _dax(known: Known) -> None:
    def dax(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("dax", operation, **members)

    dax("CreateParameterGroup", ParameterGroupName="fuzz", Description="d")
    value = {"ParameterName": "query-ttl-millis", "ParameterValue": "1000"}
    dax("UpdateParameterGroup", ParameterGroupName="fuzz", ParameterNameValues=[value])
    dax("DescribeParameters", ParameterGroupName="fuzz", MaxResults=20)
    dax("DescribeClusters", MaxResults=20)
    dax("DescribeEvents", Duration=10)


def _glue_and_athena(known: Known) -> None:
    def glue(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("glue", operation, **members)

    def athena(operation: str, **members: Any) -> dict[str, Any]:
        return known.ask("athena", operation, **members)

    glue("CreateDatabase", DatabaseInput={"Name": "fuzz", "Parameters": {"a": "b"}})
    columns = [{"Name": "a", "Type": "struct<x:array<map<string,decimal(10,2)>>>"}]
    storage = {"Columns": columns, "Location": "s3://fuzz/a/"}
    table = {
        "Name": "t",
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": "d", "Type": "int"}],
    }
    glue("CreateTable", DatabaseName="fuzz", TableInput=table)
    place = {"DatabaseName": "fuzz", "TableName": "t"}
    glue("BatchCreatePartition", **place,
         PartitionInputList=[{"Values": ["1"], "StorageDescriptor": storage}])  # fmt: skip
    glue("GetPartitions", **place, Expression="(d = 1 AND NOT d <> 2) OR d IN (3)", MaxResults=1)
    glue("GetTables", DatabaseName="fuzz", Expression="t.*", MaxResults=1)
    glue("UpdateTable", DatabaseName="fuzz", TableInput=table)
    results = {"ResultConfiguration": {"OutputLocation": "s3://fuzz/results/"}}
    athena("CreateWorkGroup", Name="fuzz", Configuration=results)
    athena("CreateNamedQuery", Name="fuzz", Database="fuzz", QueryString="SELECT 1")
    athena(
        "CreatePreparedStatement", StatementName="fuzz", WorkGroup="fuzz", QueryStatement="SELECT ?"
    )
    asked = {"QueryString": "SELECT a FROM fuzz.t WHERE d = 1", "WorkGroup": "fuzz"}
    query = athena("StartQueryExecution", **asked)["QueryExecutionId"]
    athena("GetQueryExecution", QueryExecutionId=query)
    athena("ListQueryExecutions", WorkGroup="fuzz", MaxResults=1)
    known.requests["athena"].append(("GetQueryResults", {"QueryExecutionId": query}))
