// @amazon-dax-sdk/lib-dax: the document client, with native JavaScript values, and its paginators.
// Standard input: {endpoint, region, table}; the table has the keys pk (S) and sk (N).
'use strict';
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { DaxDocument, daxPaginateQuery } = require('@amazon-dax-sdk/lib-dax');
const { run } = require('./support.cjs');

const { endpoint, region, table: TableName } = JSON.parse(readFileSync(0, 'utf8'));
const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY };
const documents = new DaxDocument({ endpoints: [endpoint], region, credentials, maxRetries: 0 });

run({
  async 'every type there and back'() {
    const Item = {
      pk: 'ann', sk: 1, count: 3, ratio: -0.125, yes: true, no: false, nothing: null,
      text: 'árvíztűrő ☂ 𝄞', empty: '', bytes: Buffer.of(1, 2, 3), // it takes no other Uint8Array
      list: [1, 'two', [3], {}], map: { deep: { er: [null] } },
    };
    await documents.put({ TableName, Item });
    for (const ConsistentRead of [true, false, false]) {
      const { Item: back } = await documents.get({ TableName, Key: { pk: 'ann', sk: 1 }, ConsistentRead });
      assert.deepEqual({ ...back, bytes: Buffer.from(back.bytes) }, Item);
    }
  },
  async 'sets'() {
    await documents.put({ TableName, Item: { pk: 'sets', sk: 1, names: new Set(['a', 'b']), numbers: new Set([1, 2.5]) } });
    const { Item } = await documents.get({ TableName, Key: { pk: 'sets', sk: 1 } });
    assert.deepEqual(new Set(Item.names), new Set(['a', 'b']));
    assert.deepEqual(new Set([...Item.numbers].map(Number)), new Set([1, 2.5]));
  },
  async 'update with document paths'() {
    const { Attributes } = await documents.update({
      TableName, Key: { pk: 'ann', sk: 1 },
      UpdateExpression: 'SET #m.deep.er[0] = :v, #c = #c + :one', ExpressionAttributeNames: { '#m': 'map', '#c': 'count' },
      ExpressionAttributeValues: { ':v': 'set', ':one': 1 }, ReturnValues: 'ALL_NEW',
    });
    assert.deepEqual([Attributes.map.deep.er, Attributes.count, Attributes.pk], [['set'], 4, 'ann']);
    const { Item } = await documents.get({ TableName, Key: { pk: 'ann', sk: 1 } });
    assert.equal(Item.count, 4);
  },
  async 'a condition that fails'() {
    await assert.rejects(
      documents.put({ TableName, Item: { pk: 'ann', sk: 1 }, ConditionExpression: 'attribute_not_exists(pk)' }),
      (fault) => (fault.code ?? fault.name) === 'ConditionalCheckFailedException',
    );
  },
  async 'batches'() {
    const puts = Array.from({ length: 25 }, (_, sk) => ({ PutRequest: { Item: { pk: 'many', sk, square: sk * sk } } }));
    await documents.batchWrite({ RequestItems: { [TableName]: puts } });
    const { Responses } = await documents.batchGet({
      RequestItems: { [TableName]: { Keys: [{ pk: 'many', sk: 3 }, { pk: 'many', sk: 24 }, { pk: 'none', sk: 0 }] } },
    });
    assert.deepEqual(Responses[TableName].map((item) => item.square).sort((a, b) => a - b), [9, 576]);
  },
  async 'pages of a query'() {
    const sizes = [];
    const pages = daxPaginateQuery({ client: documents, pageSize: 10 }, {
      TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'many' },
    });
    for await (const page of pages) sizes.push(page.Items.length);
    assert.deepEqual(sizes, [10, 10, 5]);
  },
  async 'transactions'() {
    await documents.transactWrite({
      TransactItems: [
        { Put: { TableName, Item: { pk: 't', sk: 1, v: 'one' } } },
        { Delete: { TableName, Key: { pk: 'many', sk: 0 } } },
      ],
    });
    const { Responses } = await documents.transactGet({
      TransactItems: [{ Get: { TableName, Key: { pk: 't', sk: 1 } } }, { Get: { TableName, Key: { pk: 'many', sk: 0 } } }],
    });
    assert.deepEqual(Responses[0].Item, { pk: 't', sk: 1, v: 'one' });
    assert.equal(Responses[1]?.Item, undefined);
  },
});
