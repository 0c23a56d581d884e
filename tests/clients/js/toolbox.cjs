// dynamodb-toolbox: typed tables and entities over the document client.
'use strict';
const assert = require('node:assert/strict');
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient } = require('@aws-sdk/lib-dynamodb');
const t = require('dynamodb-toolbox');
const { options, fresh, run } = require('./support.cjs');

const client = new DynamoDBClient(options);
const name = fresh('toolbox');
const Shop = new t.Table({
  documentClient: DynamoDBDocumentClient.from(client), name,
  partitionKey: { name: 'pk', type: 'string' }, sortKey: { name: 'sk', type: 'number' },
  indexes: { 'by-kind': { type: 'global', partitionKey: { name: 'kind', type: 'string' }, sortKey: { name: 'price', type: 'number' } } },
});
const Product = new t.Entity({
  name: 'Product', table: Shop,
  schema: t.item({
    pk: t.string().key(), sk: t.number().key(), kind: t.string(), price: t.number(),
    labels: t.set(t.string()).optional(), sizes: t.list(t.number()).optional(), maker: t.map({ name: t.string(), since: t.number().optional() }).optional(),
  }),
});
const product = (n) => ({ pk: 'shop', sk: n, kind: n % 2 ? 'lamp' : 'bell', price: n * 10 });

run({
  async 'create the table'() {
    await client.send(new CreateTableCommand({
      TableName: name, BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [['pk', 'S'], ['sk', 'N'], ['kind', 'S'], ['price', 'N']].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [{ IndexName: 'by-kind', KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }, { AttributeName: 'price', KeyType: 'RANGE' }], Projection: { ProjectionType: 'ALL' } }],
    }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: name });
  },
  async 'put, get, condition'() {
    await Product.build(t.PutItemCommand).item({ ...product(1), labels: new Set(['new']), sizes: [1, 2], maker: { name: 'T', since: 1990 } }).send();
    const { Item } = await Product.build(t.GetItemCommand).key({ pk: 'shop', sk: 1 }).options({ consistent: true }).send();
    assert.equal(Item.maker.since, 1990);
    assert.ok(Item.labels.has('new'));
    await assert.rejects(Product.build(t.PutItemCommand).item(product(1)).options({ condition: { attr: 'pk', exists: false } }).send(), { name: 'ConditionalCheckFailedException' });
  },
  async 'batch write and get'() {
    const puts = Array.from({ length: 20 }, (_, n) => Product.build(t.BatchPutRequest).item(product(n + 2)));
    const done = await t.executeBatchWrite(Shop.build(t.BatchWriteCommand).requests(...puts));
    assert.deepEqual(done.UnprocessedItems ?? {}, {});
    const got = await t.executeBatchGet(Shop.build(t.BatchGetCommand).requests(Product.build(t.BatchGetRequest).key({ pk: 'shop', sk: 5 }), Product.build(t.BatchGetRequest).key({ pk: 'shop', sk: 6 })));
    assert.deepEqual(got.Responses[0].map((each) => each.price), [50, 60]);
  },
  async 'query table and index, scan, pages'() {
    const { Items, LastEvaluatedKey } = await Shop.build(t.QueryCommand).entities(Product).query({ partition: 'shop', range: { gte: 3 } }).options({ limit: 4 }).send();
    assert.deepEqual(Items.map((each) => each.sk), [3, 4, 5, 6]);
    const rest = await Shop.build(t.QueryCommand).entities(Product).query({ partition: 'shop', range: { gte: 3 } }).options({ exclusiveStartKey: LastEvaluatedKey, maxPages: Infinity }).send();
    assert.equal(rest.Items.length, 15);
    const lamps = await Shop.build(t.QueryCommand).entities(Product).query({ index: 'by-kind', partition: 'lamp', range: { between: [50, 120] } }).options({ reverse: true, filters: { Product: { attr: 'sk', ne: 7 } } }).send();
    assert.deepEqual(lamps.Items.map((each) => each.price), [110, 90, 50]);
    const scanned = await Shop.build(t.ScanCommand).entities(Product).options({ maxPages: Infinity, limit: 6 }).send();
    assert.equal(scanned.Items.length, 21);
  },
  async 'update and delete'() {
    const { Attributes } = await Product.build(t.UpdateItemCommand).item({ pk: 'shop', sk: 1, price: t.$add(5), sizes: t.$append([3]), labels: t.$add(new Set(['hot'])), maker: { since: t.$remove() } }).options({ returnValues: 'ALL_NEW' }).send();
    assert.equal(Attributes.price, 15);
    assert.deepEqual(Attributes.sizes, [1, 2, 3]);
    assert.deepEqual(Attributes.maker, { name: 'T' });
    const gone = await Product.build(t.DeleteItemCommand).key({ pk: 'shop', sk: 2 }).options({ returnValues: 'ALL_OLD' }).send();
    assert.equal(gone.Attributes.price, 20);
  },
  async 'transactions'() {
    await t.executeTransactWrite(Product.build(t.PutTransaction).item(product(50)), Product.build(t.DeleteTransaction).key({ pk: 'shop', sk: 3 }), Product.build(t.ConditionCheck).key({ pk: 'shop', sk: 4 }).condition({ attr: 'price', eq: 40 }));
    const { Responses } = await t.executeTransactGet(Product.build(t.GetTransaction).key({ pk: 'shop', sk: 50 }), Product.build(t.GetTransaction).key({ pk: 'shop', sk: 3 }));
    assert.equal(Responses[0].Item.price, 500);
    assert.equal(Responses[1].Item, undefined);
  },
});
