import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { openStore } from '../store/libsql-store.ts';
import type { Store } from '../store/store.ts';
import { canary, service } from '../testing/running-control.ts';
import { Documents } from './documents.ts';
import type { Change } from './documents.ts';

const source = (document: unknown): SourceDocument => document as SourceDocument;
const REVIEWS = source(service());
const ONLY_V1 = source({ ...service(), spec: { stable: 'v1', versions: { v1: { endpoints: ['127.0.0.1:1'] } } } });
const FAULT = source({
  apiVersion: 'meshproof.dev/v1',
  kind: 'Fault',
  metadata: { name: 'slow' },
  spec: { service: 'reviews', delay: { fixed: '1s' } },
});

let store: Store;
let documents: Documents;
let changes: Change[];

beforeEach(async () => {
  store = await openStore(':memory:', () => new Date(0));
  documents = await Documents.load(store);
  changes = [];
  documents.onChange = (change) => changes.push(change);
});
afterEach(() => store.close());

const apply = (...sources: SourceDocument[]): ReturnType<Documents['apply']> => documents.apply(sources, false);

describe('documents that are no documents', () => {
  it.each([{}, { kind: 'Service' }, { ...REVIEWS, metadata: null }, { ...REVIEWS, metadata: { name: 7 } }])(
    'are refused with their place in the request: %j',
    async (broken) => {
      await expect(apply(REVIEWS, source(broken))).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: expect.arrayContaining([expect.objectContaining({ key: 'documents[1]' })]) as unknown,
      });
      expect(documents.all()).toEqual([]);
    },
  );
});

describe('a service that is needed', () => {
  beforeEach(() => apply(REVIEWS));
  const run = (): void => {
    documents.running = () => [{ by: 'the running experiment c', service: 'reviews', versions: ['v1', 'v2'] }];
  };

  it('is not deleted while an experiment runs on it', async () => {
    run();
    await expect(documents.remove('Service', 'reviews')).rejects.toMatchObject({
      code: 'DOCUMENT_IN_USE',
      detail: 'the running experiment c needs Service/reviews; abort it first',
    });
  });

  it('is not deleted while a canary is declared for it', async () => {
    await apply(source(canary()));
    await expect(documents.remove('Service', 'reviews')).rejects.toMatchObject({ code: 'DOCUMENT_IN_USE' });
    await documents.remove('Canary', 'reviews-v2');
    await documents.remove('Service', 'reviews');
    expect(documents.all()).toEqual([]);
  });

  it('does not lose a version that a running experiment sends traffic to', async () => {
    run();
    await expect(apply(ONLY_V1)).rejects.toMatchObject({ code: 'DOCUMENT_IN_USE' });
    documents.running = () => [];
    await apply(ONLY_V1);
    expect(documents.get('Service', 'reviews')).toEqual(ONLY_V1);
  });
});

it('a declared experiment is kept, and nothing that the proxies must know', async () => {
  await apply(REVIEWS);
  expect(await apply(source(canary()))).toMatchObject({ version: 1 });
  expect(changes).toHaveLength(1);
  expect(documents.config()).toEqual([REVIEWS]);
});

it('changes that overlap are checked one after another', async () => {
  const results = await Promise.allSettled([
    apply(FAULT),
    apply(REVIEWS),
    apply(FAULT),
    documents.remove('Fault', 'slow'),
  ]);
  expect(results.map((r) => r.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(changes.map((c) => [c.base, c.version])).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

it('a stored document that is no longer valid does not stand in the way of the others', async () => {
  await store.changeDocuments([source({ ...FAULT, spec: { gone: true } })], [], true);
  documents = await Documents.load(store);
  await apply(REVIEWS);
  await documents.remove('Fault', 'slow');
  expect(documents.all()).toEqual([REVIEWS]);
});

it('all faults are removed in one change, and can be declared anew', async () => {
  await apply(REVIEWS, FAULT, { ...FAULT, metadata: { name: 'slower' } });
  expect(await documents.removeFaults()).toEqual(['slow', 'slower']);
  expect(await documents.removeFaults()).toEqual([]);
  expect(changes.at(-1)).toMatchObject({ base: 1, version: 2, set: [], remove: ['Fault/slow', 'Fault/slower'] });
  expect((await apply(FAULT)).results).toEqual([{ key: 'Fault/slow', action: 'created' }]);
});
