// @aws-sdk/client-dynamodb: tables, waiters, paginators, items, indexes, transactions, errors.
'use strict';
const assert = require('node:assert/strict');
const {
  DynamoDBClient, CreateTableCommand, DeleteTableCommand, DescribeTableCommand, UpdateTableCommand,
  PutItemCommand, GetItemCommand, UpdateItemCommand, DeleteItemCommand, QueryCommand,
  BatchWriteItemCommand, BatchGetItemCommand, TransactWriteItemsCommand, TransactGetItemsCommand,
  ExecuteStatementCommand, ListTablesCommand, waitUntilTableExists, waitUntilTableNotExists,
  paginateScan, paginateQuery, paginateListTables,
  ConditionalCheckFailedException, ResourceNotFoundException, TransactionCanceledException,
} = require('@aws-sdk/client-dynamodb');
const { options, fresh, run } = require('./support.cjs');

const client = new DynamoDBClient(options);
const TableName = fresh('js-client');
const item = (n) => ({ pk: { S: 'p' }, sk: { N: `${n}` }, team: { S: n % 2 ? 'odd' : 'even' }, n: { N: `${n}` } });

run({
  async 'create a table and wait for it'() {
    await client.send(new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
        { AttributeName: 'team', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [{
        IndexName: 'by-team',
        KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
        Projection: { ProjectionType: 'ALL' },
      }],
    }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    assert.equal(Table.TableStatus, 'ACTIVE');
    assert.ok(Table.CreationDateTime instanceof Date);
    assert.match(Table.TableArn, /^arn:aws:dynamodb:/);
  },
  async 'put, get, update, delete'() {
    await client.send(new PutItemCommand({ TableName, Item: { ...item(1), data: { B: Uint8Array.of(0, 255) } } }));
    const got = await client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'p' }, sk: { N: '1.0' } }, ConsistentRead: true }));
    assert.deepEqual([...got.Item.data.B], [0, 255]);
    assert.ok(got.$metadata.requestId);
    const updated = await client.send(new UpdateItemCommand({
      TableName, Key: { pk: { S: 'p' }, sk: { N: '1' } },
      UpdateExpression: 'SET #n = #n + :one REMOVE #d', ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#n': 'n', '#d': 'data' }, ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }));
    assert.deepEqual(updated.Attributes, { ...item(1), n: { N: '2' } });
    const gone = await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: 'p' }, sk: { N: '1' } }, ReturnValues: 'ALL_OLD' }));
    assert.equal(gone.Attributes.n.N, '2');
  },
  async 'errors are the SDK’s classes'() {
    await client.send(new PutItemCommand({ TableName, Item: item(0) }));
    await assert.rejects(
      client.send(new PutItemCommand({ TableName, Item: item(0), ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
      (e) => e instanceof ConditionalCheckFailedException && e.message === 'The conditional request failed' && e.Item.n.N === '0');
    await assert.rejects(
      client.send(new GetItemCommand({ TableName: fresh('absent'), Key: { pk: { S: 'p' } } })),
      (e) => e instanceof ResourceNotFoundException);
  },
  async 'batches'() {
    const requests = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: item(n) } }));
    const wrote = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
    assert.deepEqual(wrote.UnprocessedItems, {});
    const Keys = [3, 4, 99].map((n) => ({ pk: { S: 'p' }, sk: { N: `${n}` } }));
    const read = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    assert.deepEqual(read.Responses[TableName].map((each) => each.n.N).sort(), ['3', '4']);
  },
  async 'paginators over Query, Scan and ListTables'() {
    const seen = [];
    const query = { TableName, KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b', ExpressionAttributeValues: { ':p': { S: 'p' }, ':a': { N: '5' }, ':b': { N: '20' } } };
    let pages = 0;
    for await (const page of paginateQuery({ client, pageSize: 6 }, query)) { pages += 1; seen.push(...page.Items.map((each) => +each.sk.N)); }
    assert.deepEqual(seen, Array.from({ length: 16 }, (_, n) => n + 5));
    assert.equal(pages, 3);
    let scanned = 0;
    for await (const page of paginateScan({ client, pageSize: 7 }, { TableName })) scanned += page.Count;
    assert.equal(scanned, 25);
    const names = [];
    for await (const page of paginateListTables({ client, pageSize: 1 }, {})) names.push(...page.TableNames);
    assert.ok(names.includes(TableName));
  },
  async 'query an index, backwards'() {
    const found = await client.send(new QueryCommand({
      TableName, IndexName: 'by-team', KeyConditionExpression: 'team = :t', ExpressionAttributeValues: { ':t': { S: 'odd' } },
      ScanIndexForward: false, Limit: 3, ReturnConsumedCapacity: 'TOTAL',
    }));
    assert.deepEqual(found.Items.map((each) => each.n.N), ['23', '21', '19']);
    assert.equal(found.ConsumedCapacity.CapacityUnits, 0.5);
  },
  async 'transactions'() {
    const Update = { TableName, Key: { pk: { S: 'p' }, sk: { N: '2' } }, UpdateExpression: 'SET n = n - :x', ConditionExpression: 'n >= :x', ExpressionAttributeValues: { ':x': { N: '2' } } };
    const Put = { TableName, Item: item(100) };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update }, { Put }] }));
    await assert.rejects(
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: item(101) } }, { Update }] })),
      (e) => e instanceof TransactionCanceledException && e.CancellationReasons[1].Code === 'ConditionalCheckFailed');
    const Get = (n) => ({ Get: { TableName, Key: { pk: { S: 'p' }, sk: { N: `${n}` } } } });
    const { Responses } = await client.send(new TransactGetItemsCommand({ TransactItems: [Get(2), Get(100), Get(101)] }));
    assert.equal(Responses[0].Item.n.N, '0');
    assert.equal(Responses[1].Item.n.N, '100');
    assert.equal(Responses[2].Item, undefined);
  },
  async 'PartiQL'() {
    const { Items } = await client.send(new ExecuteStatementCommand({ Statement: `SELECT n FROM "${TableName}" WHERE pk = ? AND sk = ?`, Parameters: [{ S: 'p' }, { N: '7' }] }));
    assert.deepEqual(Items, [{ n: { N: '7' } }]);
  },
  async 'add an index online'() {
    await client.send(new UpdateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
      GlobalSecondaryIndexUpdates: [{ Create: { IndexName: 'by-n', KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } } }],
    }));
    for (let tries = 0; ; tries += 1) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      if (Table.GlobalSecondaryIndexes.every((index) => index.IndexStatus === 'ACTIVE')) break;
      assert.ok(tries < 200, 'the index stays CREATING');
      await new Promise((done) => setTimeout(done, 50));
    }
    const found = await client.send(new QueryCommand({ TableName, IndexName: 'by-n', KeyConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': { N: '9' } } }));
    assert.deepEqual(found.Items, [{ pk: { S: 'p' }, sk: { N: '9' }, n: { N: '9' } }]);
  },
  async 'delete the table and wait'() {
    await client.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
    const { TableNames } = await client.send(new ListTablesCommand({}));
    assert.ok(!TableNames.includes(TableName));
  },
});
