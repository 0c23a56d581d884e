// Dynamoose: models that make their own tables, queries, scans, updates, transactions.
'use strict';
const assert = require('node:assert/strict');
const dynamoose = require('dynamoose');
const { options, fresh, run } = require('./support.cjs');

dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB(options));
const schema = new dynamoose.Schema({
  shelf: { type: String, hashKey: true },
  title: { type: String, rangeKey: true },
  author: { type: String, index: { name: 'by-author', type: 'global', rangeKey: 'pages' } },
  pages: Number,
  tags: { type: Set, schema: [String] },
  lent: { type: Boolean, default: false },
  notes: { type: Object, schema: { first: String } },
}, { timestamps: true });
const Book = dynamoose.model('Book', schema);
const table = new dynamoose.Table(fresh('dynamoose'), [Book], { initialize: false, waitForActive: { enabled: true, check: { timeout: 30000, frequency: 20 } } });

run({
  async 'the model makes its table'() {
    await table.initialize();
    await Book.create({ shelf: 'a', title: 'Ranges', author: 'Ilona', pages: 300, tags: new Set(['db', 'keys']), notes: { first: 'good' } });
    const found = await Book.get({ shelf: 'a', title: 'Ranges' });
    assert.equal(found.pages, 300);
    assert.equal(found.lent, false);
    assert.ok(found.createdAt instanceof Date);
    assert.deepEqual([...found.tags].sort(), ['db', 'keys']);
  },
  async 'create refuses an existing key'() {
    await assert.rejects(Book.create({ shelf: 'a', title: 'Ranges', author: 'X', pages: 1 }), { name: 'ConditionalCheckFailedException' });
  },
  async 'batch, query with pages, index, scan, count'() {
    const books = Array.from({ length: 12 }, (_, n) => ({ shelf: 'b', title: `T${10 + n}`, author: n < 6 ? 'Teo' : 'Noor', pages: n * 10 }));
    const put = await Book.batchPut(books);
    assert.deepEqual(put.unprocessedItems, []);
    const first = await Book.query('shelf').eq('b').limit(5).exec();
    assert.equal(first.length, 5);
    const rest = await Book.query('shelf').eq('b').startAt(first.lastKey).exec();
    assert.equal(rest.length, 7);
    const byAuthor = await Book.query('author').eq('Teo').using('by-author').where('pages').ge(30).sort('descending').exec();
    assert.deepEqual(byAuthor.map((each) => each.pages), [50, 40, 30]);
    const scanned = await Book.scan('author').eq('Noor').and().where('pages').between(60, 80).exec();
    assert.equal(scanned.length, 3);
    assert.equal((await Book.query('shelf').eq('b').count().exec()).count, 12);
    const several = await Book.batchGet([{ shelf: 'b', title: 'T10' }, { shelf: 'b', title: 'T11' }]);
    assert.equal(several.length, 2);
  },
  async 'update with a condition, delete'() {
    const updated = await Book.update({ shelf: 'a', title: 'Ranges' }, { $SET: { lent: true }, $ADD: { pages: 5 }, $REMOVE: ['notes'] }, { condition: new dynamoose.Condition('author').eq('Ilona') });
    assert.equal(updated.pages, 305);
    assert.equal(updated.notes, undefined);
    await assert.rejects(Book.update({ shelf: 'a', title: 'Ranges' }, { lent: false }, { condition: new dynamoose.Condition('author').eq('Teo') }), { name: 'ConditionalCheckFailedException' });
    await Book.delete({ shelf: 'b', title: 'T10' });
    assert.equal(await Book.get({ shelf: 'b', title: 'T10' }), undefined);
  },
  async 'transactions'() {
    await dynamoose.transaction([Book.transaction.create({ shelf: 'c', title: 'One', pages: 1 }), Book.transaction.delete({ shelf: 'b', title: 'T11' }), Book.transaction.update({ shelf: 'a', title: 'Ranges' }, { pages: 1 })]);
    assert.equal((await Book.get({ shelf: 'c', title: 'One' })).pages, 1);
    assert.equal(await Book.get({ shelf: 'b', title: 'T11' }), undefined);
    await assert.rejects(dynamoose.transaction([Book.transaction.create({ shelf: 'c', title: 'One', pages: 2 }), Book.transaction.create({ shelf: 'c', title: 'Two', pages: 2 })]), { name: 'TransactionCanceledException' });
    assert.equal(await Book.get({ shelf: 'c', title: 'Two' }), undefined);
  },
});
