/** What every journal must do, as the real server does it. Runs on NATS and on the JetStream in memory. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivered, Journal, JournalReader, ReadFrom } from '../journal.ts';
import type { StreamSpec } from '../streams.ts';
import { apiErrorCode } from './retry.ts';

export interface JournalUnderTest {
  readonly journal: Journal;
  addStream(spec: StreamSpec): Promise<void>;
  /** Removes the messages before `beforeSeq`. */
  purge(stream: string, beforeSeq: number): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 2_000;
const EXPIRES_MS = 1_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const OFFSETS = [-1, 0, 1] as const;

type Fence = { kind: 'none' } | { kind: 'stream' | 'subject'; off: (typeof OFFSETS)[number] };
type Step =
  | { do: 'append'; subject: string; size: number; fence: Fence; header: boolean }
  | { do: 'purge'; share: number };

const SUBJECTS = ['a.1', 'a.2', 'b.1'];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    do: fc.constant('append' as const), subject: fc.constantFrom(...SUBJECTS), size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 120, max: 260 })), header: fc.boolean(),
    fence: fc.oneof(
      fc.constant({ kind: 'none' as const }),
      fc.record({ kind: fc.constantFrom('stream' as const, 'subject' as const), off: fc.constantFrom(0, 0, 0, ...OFFSETS) }),
    ),
  }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const), share: fc.double({ min: 0, max: 1.2, noNaN: true }) }) },
);

/** Small, so that sequences of a few dozen messages reach every limit. */
const limits = fc.record({ maxBytes: fc.constantFrom(-1, 600, 1_500), maxMsgsPerSubject: fc.constantFrom(-1, 1, 3), maxMsgSize: fc.constantFrom(200, 1_000) });

async function* each(pulled: ReturnType<JournalReader['pull']>): AsyncGenerator<Delivered> {
  for await (const messages of pulled) yield* messages;
}

/** Everything that can be read of a stream, as plain data. */
async function readAll(journal: Journal, stream: string, from: ReadFrom): Promise<string[]> {
  const reader = await journal.openReader(stream, from);
  const seen: string[] = [`pending ${reader.pending}`];
  while (seen.length <= reader.pending) {
    const before = seen.length;
    for await (const message of each(reader.pull({ messages: reader.pending - seen.length + 1 }, EXPIRES_MS))) {
      seen.push(`${message.deliverySeq}: ${message.seq} ${message.subject} ${text(message.data)} ${message.header('X-Test') ?? '-'}`);
    }
    if (seen.length === before) break;
  }
  reader.close();
  return seen;
}

/** Applies one step; what the journal said, as plain data. */
async function apply(under: JournalUnderTest, stream: string, one: Step, n: number): Promise<string> {
  const { journal } = under;
  const { lastSeq } = await journal.bounds(stream);
  if (one.do === 'purge') {
    await under.purge(stream, Math.max(1, Math.floor(one.share * (lastSeq + 1))));
    return 'purged';
  }
  const subject = `${stream}.${one.subject}`;
  const lastOfSubject = (await journal.lastOf(stream, subject))?.seq ?? 0;
  const expect = one.fence.kind === 'none' ? {} : one.fence.kind === 'stream' ? { expectLastSeq: Math.max(0, lastSeq + one.fence.off) } : { expectLastSubjectSeq: Math.max(0, lastOfSubject + one.fence.off) };
  const headers = one.header ? { headers: { 'X-Test': `h${n}` } } : {};
  try {
    return `stored ${await journal.append(subject, bytes(`${n}`.padEnd(one.size, '.')), { ...headers, ...expect, timeoutMs: TIMEOUT_MS })}`;
  } catch (error) {
    return `refused ${apiErrorCode(error)}`;
  }
}

async function everythingOf(journal: Journal, stream: string): Promise<unknown> {
  const { firstSeq, lastSeq } = await journal.bounds(stream);
  const middle = Math.max(1, Math.floor((firstSeq + lastSeq) / 2));
  const single = async (seq: number): Promise<string | null> => {
    const message = await journal.at(stream, seq);
    return message === null ? null : `${message.seq} ${message.subject} ${text(message.data)} ${message.header('X-Test') ?? '-'}`;
  };
  return {
    bounds: [firstSeq, lastSeq],
    at: [await single(1), await single(middle), await single(Math.max(1, lastSeq)), await single(lastSeq + 1)],
    last: await Promise.all(SUBJECTS.map(async (subject) => (await journal.lastOf(stream, `${stream}.${subject}`))?.seq ?? null)),
    all: await readAll(journal, stream, { fromSeq: 1 }),
    filtered: await readAll(journal, stream, { fromSeq: middle, filterSubjects: [`${stream}.a.*`] }),
    two: await readAll(journal, stream, { fromSeq: middle, filterSubjects: [`${stream}.a.1`, `${stream}.b.>`] }),
    beyond: await readAll(journal, stream, { fromSeq: lastSeq + 5 }),
    lastPerSubject: await readAll(journal, stream, { lastPerSubject: `${stream}.>` }),
  };
}

/** Two journals given the same steps say and hold the same. */
export function journalsAgree(open: { readonly [name: string]: () => Promise<JournalUnderTest> }, runs: number): void {
  describe('journals agree', () => {
    const under: { name: string; one: JournalUnderTest }[] = [];
    let count = 0;
    beforeAll(async () => {
      for (const [name, make] of Object.entries(open)) under.push({ name, one: await make() });
    });
    afterAll(async () => void (await Promise.all(under.map(({ one }) => one.close()))));

    it('on what is stored, refused, removed and read', async () => {
      await fc.assert(fc.asyncProperty(limits, fc.array(step, { minLength: 1, maxLength: 30 }), async (limit, steps) => {
        const stream = `s${count++}`;
        const told: unknown[] = [];
        for (const { one } of under) {
          await one.addStream({ name: stream, subjects: [`${stream}.>`], maxAgeHours: 0, ...limit });
          const said: unknown[] = [await everythingOf(one.journal, stream)];
          for (const [n, each] of steps.entries()) said.push(await apply(one, stream, each, n));
          told.push([...said, await everythingOf(one.journal, stream)]);
        }
        for (const other of told.slice(1)) expect(other).toEqual(told[0]);
      }), { seed: 4, numRuns: runs });
    });
  });
}

/** What is asked of each journal by itself. */
export function journalConformance(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`journal: ${name}`, () => {
    let under: JournalUnderTest;
    beforeAll(async () => {
      under = await open();
      await under.addStream({ name: 'S', subjects: ['s.>'], maxBytes: -1, maxAgeHours: 0, maxMsgsPerSubject: -1, maxMsgSize: 1_000 });
    });
    afterAll(() => under.close());

    describeKeeping(() => under.journal);
    describeReading(() => under);
  });
}

function describeKeeping(under: () => Journal): void {
  it('stores one of two that expect the same sequence', async () => {
    const journal = under();
    const results = await Promise.allSettled([1, 2, 3].map((n) => journal.append('s.race', bytes(String(n)), { expectLastSubjectSeq: 0, timeoutMs: TIMEOUT_MS })));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(text((await journal.lastOf('S', 's.race'))!.data)).toBe('1');
  });

  it('leaves open what became of a message that no stream takes', async () => {
    expect(await under().append('nowhere', bytes('x'), { timeoutMs: TIMEOUT_MS }).then(() => -1, apiErrorCode)).toBeLessThan(10_000);
  });

  it('refuses to read a stream that is not there', async () => {
    const codes = await Promise.all([under().bounds('NONE'), under().at('NONE', 1), under().openReader('NONE', { fromSeq: 1 })].map((asked) => asked.then(() => 0, apiErrorCode)));
    expect(codes).toEqual([10_059, 10_059, 10_059]);
  });

  it('keeps the newest object of a name', async () => {
    const objects = await under().openBucket('BUCKET');
    expect(await objects.get('none')).toBeNull();
    await objects.put('x', new Uint8Array([1, 2]));
    await objects.put('x', new Uint8Array([3]));
    expect(await (await under().openBucket('BUCKET')).get('x')).toEqual(new Uint8Array([3]));
  });
}

function describeReading(under: () => JournalUnderTest): void {
  it('gives a reader what comes while it waits, in order and once', async () => {
    const { journal } = under();
    const { lastSeq } = await journal.bounds('S');
    const reader = await journal.openReader('S', { fromSeq: lastSeq + 1, filterSubjects: ['s.live'] });
    const seen: string[] = [];
    const pulling = (async () => {
      for await (const message of each(reader.pull({ messages: 3 }, 5_000))) seen.push(text(message.data));
    })();
    for (const n of [1, 2, 3, 4]) {
      await journal.append('s.live', bytes(String(n)), { timeoutMs: TIMEOUT_MS });
      await journal.append('s.other', bytes('x'), { timeoutMs: TIMEOUT_MS });
    }
    await pulling;
    for await (const message of each(reader.pull({ messages: 1 }, 1_000))) seen.push(text(message.data));
    for await (const message of each(reader.pull({ messages: 1 }, 1_000))) seen.push(text(message.data));
    expect(seen).toEqual(['1', '2', '3', '4']);
    expect(await reader.waiting()).toBe(0);
    reader.close();
  });

  it('ends a pull by bytes before the message that no longer fits, and goes on with it', async () => {
    const { journal } = under();
    await under().addStream({ name: 'LARGE', subjects: ['large.>'], maxBytes: -1, maxAgeHours: 0, maxMsgsPerSubject: -1, maxMsgSize: 100_000 });
    for (let n = 0; n < 10; n++) await journal.append('large.x', new Uint8Array(30_000).fill(n), { timeoutMs: TIMEOUT_MS });
    const reader = await journal.openReader('LARGE', { fromSeq: 1 });
    const pulls: number[][] = [];
    while (pulls.flat().length < 10) {
      const pull: number[] = [];
      for await (const { data } of each(reader.pull({ bytes: 100_000 }, EXPIRES_MS))) pull.push(data[0]!);
      pulls.push(pull);
    }
    reader.close();
    expect(pulls).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]);
  });

  it('ends a pull when it is told to', async () => {
    const reader = await under().journal.openReader('S', { fromSeq: 1, filterSubjects: ['s.nothing'] });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    const seen: string[] = [];
    for await (const message of each(reader.pull({ messages: 1 }, 30_000, abort.signal))) seen.push(message.subject);
    expect(seen).toEqual([]);
    reader.close();
  });
}
