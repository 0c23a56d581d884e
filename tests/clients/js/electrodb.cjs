// ElectroDB: one table, several entities, composite keys made by the library.
'use strict';
const assert = require('node:assert/strict');
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require('@aws-sdk/client-dynamodb');
const { Entity, Service } = require('electrodb');
const { options, fresh, run } = require('./support.cjs');

const client = new DynamoDBClient(options);
const table = fresh('electrodb');
const Task = new Entity({
  model: { entity: 'task', version: '1', service: 'work' },
  attributes: {
    project: { type: 'string', required: true }, id: { type: 'string', required: true }, owner: { type: 'string', required: true },
    points: { type: 'number', default: 0 }, tags: { type: 'set', items: 'string' }, history: { type: 'list', items: { type: 'string' } },
    state: { type: ['open', 'done'], default: 'open' },
  },
  indexes: {
    task: { pk: { field: 'pk', composite: ['project'] }, sk: { field: 'sk', composite: ['id'] } },
    assigned: { collection: 'assignments', index: 'gsi1', pk: { field: 'gsi1pk', composite: ['owner'] }, sk: { field: 'gsi1sk', composite: ['state', 'id'] } },
  },
}, { client, table });
const Person = new Entity({
  model: { entity: 'person', version: '1', service: 'work' },
  attributes: { owner: { type: 'string', required: true }, name: { type: 'string' } },
  indexes: {
    person: { pk: { field: 'pk', composite: ['owner'] }, sk: { field: 'sk', composite: [] } },
    assigned: { collection: 'assignments', index: 'gsi1', pk: { field: 'gsi1pk', composite: ['owner'] }, sk: { field: 'gsi1sk', composite: [] } },
  },
}, { client, table });
const work = new Service({ task: Task, person: Person });

run({
  async 'create the table'() {
    await client.send(new CreateTableCommand({
      TableName: table, BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [{ IndexName: 'gsi1', KeySchema: [{ AttributeName: 'gsi1pk', KeyType: 'HASH' }, { AttributeName: 'gsi1sk', KeyType: 'RANGE' }], Projection: { ProjectionType: 'ALL' } }],
    }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: table });
  },
  async 'create, get, refuse a second create'() {
    await Task.create({ project: 'p', id: '1', owner: 'ann', tags: ['a', 'b'] }).go();
    await Person.create({ owner: 'ann', name: 'Ann' }).go();
    const { data } = await Task.get({ project: 'p', id: '1' }).go();
    assert.deepEqual({ ...data, tags: [...data.tags].sort() }, { project: 'p', id: '1', owner: 'ann', points: 0, tags: ['a', 'b'], state: 'open' });
    await assert.rejects(Task.create({ project: 'p', id: '1', owner: 'bob' }).go(), /conditional request failed/i);
  },
  async 'batch put, query with pages and filter'() {
    const many = Array.from({ length: 30 }, (_, n) => ({ project: 'p', id: `x${10 + n}`, owner: n % 3 ? 'bob' : 'ann', points: n }));
    const { unprocessed } = await Task.put(many).go();
    assert.deepEqual(unprocessed, []);
    const page = await Task.query.task({ project: 'p' }).begins({ id: 'x' }).go({ limit: 10 });
    assert.equal(page.data.length, 10);
    const next = await Task.query.task({ project: 'p' }).begins({ id: 'x' }).go({ cursor: page.cursor, pages: 'all' });
    assert.equal(next.data.length, 20);
    const filtered = await Task.query.task({ project: 'p' }).where(({ points }, { gte }) => gte(points, 28)).go();
    assert.deepEqual(filtered.data.map((each) => each.points), [28, 29]);
    const { data } = await Task.get([{ project: 'p', id: 'x10' }, { project: 'p', id: 'x11' }]).go();
    assert.equal(data.length, 2);
  },
  async 'a collection across entities, through the index'() {
    const { data } = await work.collections.assignments({ owner: 'ann' }).go({ pages: 'all' });
    assert.equal(data.person[0].name, 'Ann');
    assert.equal(data.task.length, 11);
  },
  async 'patch, conditions, delete'() {
    const { data } = await Task.patch({ project: 'p', id: '1' }).add({ points: 3 }).append({ history: ['moved'] }).set({ state: 'done' }).delete({ tags: ['a'] }).go({ response: 'all_new' });
    assert.equal(data.points, 3);
    assert.equal(data.state, 'done');
    assert.deepEqual([...data.tags], ['b']);
    await assert.rejects(Task.patch({ project: 'p', id: 'absent' }).set({ points: 1 }).go(), /conditional request failed/i);
    await Task.delete({ project: 'p', id: 'x10' }).where(({ points }, { eq }) => eq(points, 0)).go();
    assert.equal((await Task.get({ project: 'p', id: 'x10' }).go()).data, null);
  },
  async 'transactions'() {
    const wrote = await work.transaction.write(({ task, person }) => [task.create({ project: 'q', id: '1', owner: 'cy' }).commit(), person.create({ owner: 'cy', name: 'Cy' }).commit()]).go();
    assert.equal(wrote.canceled, false);
    const again = await work.transaction.write(({ task }) => [task.create({ project: 'q', id: '1', owner: 'cy' }).commit({ response: 'all_old' })]).go();
    assert.equal(again.canceled, true);
    assert.equal(again.data[0].code, 'ConditionalCheckFailed');
    const read = await work.transaction.get(({ task, person }) => [task.get({ project: 'q', id: '1' }).commit(), person.get({ owner: 'cy' }).commit()]).go();
    assert.equal(read.data[1].item.name, 'Cy');
  },
});
