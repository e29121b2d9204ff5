/**
 * Recordings from a hostile hand: damaged anywhere, cut anywhere, lying about themselves, or holding gigabytes of nothing.
 * Each is read or refused in words; what is read, the contract accepts. FORETICK_FULL=1 runs fifty times as many.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RefusedError } from '../../../runtime/errors.ts';
import { longestPause } from '../../../tests/support/watch.ts';
import { encodeFeedMessage, parseFeedMessage } from '../../messages/feed.ts';
import { openRecording } from '../recording.ts';
import { MAX_ENDLESS_BYTES } from './lines.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const RUNS = { seed: 20_261_124, numRuns: process.env['FORETICK_FULL'] === '1' ? 10_000 : 200 };
const NS = 1_721_347_021_000_000_000n;
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'foretick-hostile-recording-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const quote = (i: number, fields: object = {}): string => JSON.stringify({ stream: 'btcusdt@bookTicker', data: { e: 'bookTicker', u: i + 1, s: 'BTCUSDT', b: '1.5', B: '2', a: '1.6', A: '3', T: 1_721_347_021_000 + i, ...fields } });
const line = (i: number): string => `${NS + BigInt(i) * 100_000_000n} ${quote(i)}`;
const GENUINE = Array.from({ length: 20 }, (_, i) => line(i));
const CSV = Array.from({ length: 20 }, (_, i) => `${34_200_000 + i * 100},1820000,100,1820100,200,P,0,0`).join('\n');
const LEAN = '20131007_ibm_Quote_Tick.csv';

/** How many ticks come out, or the refusal. Every message must pass the contract. */
async function read(name: string, bytes: Uint8Array): Promise<number | RefusedError> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  try {
    let ticks = 0;
    for await (const chunk of (await openRecording([path])).messages(new AbortController().signal)) {
      for (const message of chunk) {
        if (message.type === 'clock' && message.tsInit % 60_000_000 !== 0) continue; // a session has 234,000 of them
        const { subject, body } = encodeFeedMessage('feed', message);
        parseFeedMessage(subject, body);
        if ('instrument' in message) ticks++;
      }
    }
    return ticks;
  } catch (error) {
    expect(error).toBeInstanceOf(RefusedError);
    expect((error as Error).message).toContain(name);
    return error as RefusedError;
  }
}
const refusal = async (name: string, bytes: Uint8Array): Promise<string> => String(await read(name, bytes));

const spoilt = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => fc.oneof(
  fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = bytes.slice();
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  }),
  fc.nat(bytes.length - 1).map((end) => bytes.slice(0, end)),
  fc.tuple(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 20 })).map(([at, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])),
);

describe('a damaged file', () => {
  const gz = gzipSync(GENUINE.join('\n'));
  const zip = zipSync({ [LEAN]: Buffer.from(CSV) });
  const stored = zipSync({ [LEAN]: Buffer.from(CSV) }, { level: 0 });
  // A zip that is read costs the clocks of a session: fewer of them.
  it.each([['gzip', 'a.gz', gz, 1], ['zip', 'b.zip', zip, 4], ['zip that is only stored', 'c.zip', stored, 4]] as const)('%s is read whole or refused by its name', async (_kind, name, bytes, fewer) => {
    const numRuns = RUNS.numRuns / fewer;
    const whole = await read(name, bytes);
    let refused = 0;
    await fc.assert(fc.asyncProperty(spoilt(bytes), async (damaged) => {
      const result = await read(name, damaged);
      if (typeof result === 'number') expect(result).toBeLessThanOrEqual(whole as number);
      else refused++;
    }), { ...RUNS, numRuns });
    expect(refused).toBeGreaterThan(numRuns / 2);
  });

  it('whose lines are hostile gives what the contract accepts, or a refusal', async () => {
    let ticks = 0;
    const stamp = fc.oneof(fc.constantFrom('0'.repeat(19), '9'.repeat(19), '9007199254740992000', '1', '-1', '1e18', ''), fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }).map(String));
    const content = fc.oneof(fc.json(), fc.string(), fc.constantFrom(quote(5), quote(5, { b: '99999999999999999999' }), quote(5, { s: '__proto__' }), quote(5, { T: 9e15 }), '{"stream":"x@bookTicker","data":{"__proto__":{"s":1}}}', `{"stream":"a@trade","data":${'['.repeat(3_000)}${']'.repeat(3_000)}}`));
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(20), stamp, content), { maxLength: 5 }), async (additions) => {
      const lines = [...GENUINE];
      for (const [at, time, text] of additions) lines.splice(at, 0, `${time} ${text.replaceAll('\n', '')}`);
      const result = await read('x.gz', gzipSync(lines.join('\n')));
      if (typeof result === 'number') ticks += result;
    }), RUNS);
    expect(ticks).toBeGreaterThan(10 * RUNS.numRuns);
  });
});

describe('a time that stays exact no longer', () => {
  it('in the last line moves nothing', async () => {
    expect(await read('x.gz', gzipSync([...GENUINE, `9999999999999999999 ${quote(99)}`].join('\n')))).toBe(20);
  });

  it.each(['00131007', '20131345', '20130230', '19691231'])('in the name of a Lean file, %s, is refused', async (day) => {
    expect(await refusal('x.zip', zipSync({ [`${day}_ibm_Quote_Tick.csv`]: Buffer.from(CSV) }))).toMatch(/begins with no day/);
  });
});

describe('a bomb', () => {
  const zeros = (bytes: number): Buffer => Buffer.alloc(bytes, '0');
  /** A zip with any sizes in its directory. */
  function lyingZip(packed: Uint8Array, size: number, crc: number): Uint8Array {
    const zip = Buffer.from(zipSync({ [LEAN]: zeros(10) }, { level: 9 }));
    const local = zip.subarray(0, 30 + LEAN.length);
    const central = Buffer.from(zip.subarray(zip.indexOf(Buffer.from('PK\u0001\u0002'))));
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt32LE(local.length + packed.length, central.length - 6);
    return Buffer.concat([local, packed, central]);
  }

  it('of one endless line is given up, at once and without holding it', async () => {
    const endless = zeros(MAX_ENDLESS_BYTES + 2 * 1024 ** 2);
    const afterTheFirstLines = Buffer.concat([Buffer.from(`${GENUINE.join('\n')}\n`), endless]);
    for (const bytes of [gzipSync(endless, { level: 1 }), gzipSync(afterTheFirstLines, { level: 1 })]) {
      const { result, pauseMs } = await longestPause(() => refusal('x.gz', bytes));
      expect(result).toMatch(/line \d+ is longer than 64 MB/);
      expect(pauseMs).toBeLessThan(1_000);
    }
    expect(await refusal('x.zip', lyingZip(deflateRawSync(endless, { level: 1 }), endless.length, crc32(endless)))).toMatch(/line 1 is longer than 64 MB/);
  });

  it('of endless unreadable lines is given up', async () => {
    const noise = Buffer.alloc(2_400_000, 'x\n');
    expect(await refusal('x.gz', gzipSync(Buffer.concat([Buffer.from(`${GENUINE.join('\n')}\n`), noise])))).toMatch(/unreadable lines in a row/);
    expect(await refusal('x.zip', zipSync({ [LEAN]: Buffer.concat([Buffer.from(`${CSV}\n`), noise]) }))).toMatch(/unreadable lines in a row/);
  });

  it('that unpacks to more, or to something else, than its directory says is refused', async () => {
    const csv = Buffer.from(CSV);
    const packed = deflateRawSync(csv);
    expect(await read('x.zip', lyingZip(packed, csv.length, crc32(csv)))).toBe(20);
    expect(await refusal('x.zip', lyingZip(packed, csv.length - 1, crc32(csv)))).toMatch(/longer than/);
    expect(await refusal('x.zip', lyingZip(packed, csv.length, (crc32(csv) ^ 1) >>> 0))).toMatch(/checksum/);
    expect(await refusal('x.zip', lyingZip(packed.subarray(0, 20), csv.length, crc32(csv)))).toMatch(/damaged zip/);
  });
});
