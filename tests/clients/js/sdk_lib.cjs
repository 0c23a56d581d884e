// @aws-sdk/lib-dynamodb: the document client, with native JavaScript values.
'use strict';
const assert = require('node:assert/strict');
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require('@aws-sdk/client-dynamodb');
const {
  DynamoDBDocumentClient, PutCommand, GetCommand, UpdateCommand, DeleteCommand, QueryCommand, ScanCommand,
  BatchWriteCommand, BatchGetCommand, TransactWriteCommand, TransactGetCommand, ExecuteStatementCommand, paginateQuery,
} = require('@aws-sdk/lib-dynamodb');
const { options, fresh, run } = require('./support.cjs');

const client = new DynamoDBClient(options);
const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const TableName = fresh('js-lib');

run({
  async 'create a table'() {
    await client.send(new CreateTableCommand({
      TableName,
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      AttributeDefinitions: ['user', 'day', 'mood'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }, { AttributeName: 'day', KeyType: 'RANGE' }],
      LocalSecondaryIndexes: [{
        IndexName: 'by-mood',
        KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }, { AttributeName: 'mood', KeyType: 'RANGE' }],
        Projection: { ProjectionType: 'ALL' },
      }],
    }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
  },
  async 'every type there and back'() {
    const Item = {
      user: 'ann', day: '2026-01-01', mood: 'calm', count: 3, ratio: -0.125, big: 12345678901234567890n,
      yes: true, no: false, nothing: null, text: 'árvíztűrő ☂ 𝄞', empty: '', bytes: Uint8Array.of(1, 2, 3),
      names: new Set(['a', 'b']), numbers: new Set([1, 2.5]), list: [1, 'two', [3], {}], map: { deep: { er: [null] } },
    };
    await documents.send(new PutCommand({ TableName, Item: { ...Item, absent: undefined } }));
    const { Item: back } = await documents.send(new GetCommand({ TableName, Key: { user: 'ann', day: '2026-01-01' } }));
    assert.deepEqual(back, Item);
  },
  async 'update with document paths'() {
    const { Attributes } = await documents.send(new UpdateCommand({
      TableName, Key: { user: 'ann', day: '2026-01-01' },
      UpdateExpression: 'SET #m.deep.er[1] = :x, #l = list_append(#l, :more) ADD #c :one DELETE #s :gone',
      ExpressionAttributeNames: { '#m': 'map', '#l': 'list', '#c': 'count', '#s': 'names' },
      ExpressionAttributeValues: { ':x': 'new', ':more': [true], ':one': 1, ':gone': new Set(['a']) },
      ReturnValues: 'UPDATED_NEW',
    }));
    assert.equal(Attributes.count, 4);
    assert.deepEqual(Attributes.names, new Set(['b']));
    assert.deepEqual(Attributes.list, [1, 'two', [3], {}, true]);
  },
  async 'batches, index and pages'() {
    const puts = Array.from({ length: 20 }, (_, n) => ({ PutRequest: { Item: { user: 'bob', day: `d${100 + n}`, mood: n % 2 ? 'glad' : 'sad', n } } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
    const { Responses } = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [{ user: 'bob', day: 'd101' }] } } }));
    assert.equal(Responses[TableName][0].n, 1);
    const days = [];
    for await (const page of paginateQuery({ client: documents, pageSize: 4 }, {
      TableName, IndexName: 'by-mood', KeyConditionExpression: '#u = :u AND begins_with(mood, :m)',
      FilterExpression: 'n > :n', ExpressionAttributeNames: { '#u': 'user' }, ExpressionAttributeValues: { ':u': 'bob', ':m': 'gl', ':n': 10 },
    })) days.push(...page.Items.map((each) => each.n));
    assert.deepEqual(days.sort((a, b) => a - b), [11, 13, 15, 17, 19]);
    const parts = await Promise.all([0, 1, 2].map((Segment) => documents.send(new ScanCommand({ TableName, Segment, TotalSegments: 3 }))));
    assert.equal(parts.reduce((sum, part) => sum + part.Count, 0), 21);
    const { Items } = await documents.send(new QueryCommand({ TableName, KeyConditionExpression: '#u = :u AND #d > :d', ExpressionAttributeNames: { '#u': 'user', '#d': 'day' }, ExpressionAttributeValues: { ':u': 'bob', ':d': 'd117' }, ProjectionExpression: 'n' }));
    assert.deepEqual(Items, [{ n: 18 }, { n: 19 }]);
  },
  async 'transactions and PartiQL'() {
    await documents.send(new TransactWriteCommand({ TransactItems: [
      { Put: { TableName, Item: { user: 'cy', day: '1' } } },
      { Delete: { TableName, Key: { user: 'bob', day: 'd100' } } },
      { ConditionCheck: { TableName, Key: { user: 'ann', day: '2026-01-01' }, ConditionExpression: 'attribute_exists(mood)' } },
    ], ClientRequestToken: fresh('token') }));
    const { Responses } = await documents.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: { user: 'cy', day: '1' } } }, { Get: { TableName, Key: { user: 'bob', day: 'd100' } } }] }));
    assert.deepEqual(Responses.map((each) => each.Item), [{ user: 'cy', day: '1' }, undefined]);
    await documents.send(new ExecuteStatementCommand({ Statement: `UPDATE "${TableName}" SET mood = 'new' WHERE "user" = ? AND "day" = ?`, Parameters: ['cy', '1'] }));
    const { Attributes } = await documents.send(new DeleteCommand({ TableName, Key: { user: 'cy', day: '1' }, ReturnValues: 'ALL_OLD' }));
    assert.equal(Attributes.mood, 'new');
  },
});
