import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFeedMessage, type FeedMessage, parseFeedMessage } from '../messages/feed.ts';
import { recording } from '../../tests/support/recordings.ts';
import { createFeedInvariants } from './invariants.ts';
import { openRecording } from './recording.ts';

const available = ['binance-usdm', 'binance-spot', 'us-equity-ibm'].every((name) => recording(name) !== null);

async function messagesOf(paths: readonly string[]): Promise<FeedMessage[]> {
  const messages: FeedMessage[] = [];
  for await (const chunk of (await openRecording(paths)).messages(new AbortController().signal)) {
    expect(chunk.length).toBeLessThanOrEqual(1_000);
    messages.push(...chunk);
  }
  return messages;
}

function digest(messages: readonly FeedMessage[]): string {
  const hash = createHash('sha256');
  for (const message of messages) {
    const { subject, body } = encodeFeedMessage('recording', message);
    hash.update(subject).update(body);
  }
  return hash.digest('hex');
}

describe.skipIf(!available)('the real recordings', () => {
  it.each([
    ['binance-usdm', { trades: 24_356, quotes: 99_588, dropped: {} }, ['binance-usdm.BTCUSDT', 'binance-usdm.ETHUSDT'], [1_721_347_021_080_832, 1_721_347_500_768_973]],
    ['binance-spot', { trades: 15_863, quotes: 52_117, dropped: {} }, ['binance-spot.BTCUSDT', 'binance-spot.ETHUSDT'], [1_723_161_254_024_619, 1_723_161_599_999_231]],
    // Counted a second time by a short Python script that follows the words of its metadata.json.
    ['us-equity-ibm', { trades: 84_341, quotes: 182_929, dropped: { outsideSession: 4_543, suspicious: 2, crossed: 139, openingPrint: 3 } }, ['us-equity.IBM'], [Date.UTC(2013, 9, 7, 13, 30) * 1_000, Date.UTC(2013, 9, 9, 20) * 1_000]],
  ])('%s: counts, invariants, span; twice the same, in any order of its files', async (name, counts, instruments, [fromTs, toTs]) => {
    const folder = recording(name)!;
    const source = await openRecording([folder]);
    const invariants = createFeedInvariants();
    const messages: FeedMessage[] = [];
    for await (const chunk of source.messages(new AbortController().signal)) {
      chunk.forEach(invariants.push);
      messages.push(...chunk);
    }
    invariants.finish(true);
    expect(source.counts).toEqual(counts);
    expect(source.instruments).toEqual(instruments);
    expect(source.span).toEqual({ fromTs, toTs });
    expect([messages[0]!.tsInit, messages.at(-1)!.tsInit]).toEqual([fromTs, toTs]);
    for (let i = 0; i < messages.length; i += 997) {
      const { subject, body } = encodeFeedMessage('recording', messages[i]!);
      expect(parseFeedMessage(subject, body)).toEqual(messages[i]);
    }
    // A million messages a second time: with FORETICK_FULL=1. The other two show the same in a tenth of the time.
    if (name === 'us-equity-ibm' && process.env['FORETICK_FULL'] !== '1') return;
    const whole = digest(messages);
    const reversed = readdirSync(folder).filter((file) => /\.(gz|zip)$/.test(file)).reverse().map((file) => join(folder, file));
    expect(digest(await messagesOf(reversed))).toBe(whole);
  }, 60_000);

  it('us-equity-ibm: each session is framed by its clocks', async () => {
    const messages = await messagesOf([recording('us-equity-ibm')!]);
    const opens = messages.flatMap((message, i) => (message.type === 'status' && message.status.kind === 'sessionOpen' ? [i] : []));
    const closes = messages.flatMap((message, i) => (message.type === 'status' && message.status.kind === 'sessionClose' ? [i] : []));
    expect(opens).toHaveLength(3);
    expect(closes).toHaveLength(3);
    opens.forEach((open, day) => {
      const from = Date.UTC(2013, 9, 7 + day, 13, 30) * 1_000;
      const to = Date.UTC(2013, 9, 7 + day, 20) * 1_000;
      expect(messages[open]).toMatchObject({ tsInit: from, status: { from, to } });
      expect(messages[open + 1]).toEqual({ v: 1, type: 'clock', tsInit: from });
      expect(messages[closes[day]! - 1]).toEqual({ v: 1, type: 'clock', tsInit: to });
      expect(messages[closes[day]!]!.tsInit).toBe(to);
      // Six and a half hours of tenths of a second, both ends included.
      expect(messages.slice(open, closes[day]).filter(({ type }) => type === 'clock')).toHaveLength(6.5 * 36_000 + 1);
    });
  }, 60_000);
});

/** A trade of USD-M, received at a time in ns. */
const trade = (ns: bigint, id: number, symbol = 'BTCUSDT', more = ''): string =>
  `${ns} {"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":1,"T":1721347022504,"s":"${symbol}","t":${id},"p":"100.5","q":"1","X":"MARKET","m":false${more}}}`;
const T0 = 1_721_347_021_000_000_123n;
const SECOND = 1_000_000_000n;

describe('small recordings', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'foretick-recording-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  let files = 0;
  const gz = (lines: readonly string[], name = `f${files++}.gz`): string => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, gzipSync(lines.join('\n')));
    return path;
  };
  const lean = (inner: string, lines: readonly string[], name = `f${files++}.zip`): string => {
    const path = join(folder, name);
    writeFileSync(path, zipSync({ [inner]: Buffer.from(lines.join('\n')) }));
    return path;
  };
  const idsOf = (messages: readonly FeedMessage[]): string[] => messages.flatMap((message) => (message.type === 'trade' ? [message.id!] : []));

  it('merges by nanosecond, ties by file order whatever the arguments', async () => {
    const a = gz([trade(T0, 1), trade(T0 + 2n, 3), trade(T0 + 5n, 5)], 'a.gz');
    const b = gz([trade(T0 + 1n, 2, 'ETHUSDT'), trade(T0 + 5n, 6, 'ETHUSDT'), trade(T0 + 5n, 7, 'ETHUSDT')], 'b.gz');
    for (const paths of [[a, b], [b, a], [b, a, a]]) expect(idsOf(await messagesOf(paths))).toEqual(['1', '2', '3', '5', '6', '7']);
  });

  it('does not depend on the folder that the files lie in', async () => {
    const first = gz([trade(T0, 1), trade(T0, 2)], 'z/one.gz');
    const second = gz([trade(T0, 3, 'ETHUSDT')], 'a/two.gz');
    mkdirSync(join(folder, 'together'));
    copyFileSync(first, join(folder, 'together', 'one.gz'));
    copyFileSync(second, join(folder, 'together', 'two.gz'));
    expect(digest(await messagesOf([join(folder, 'together')]))).toBe(digest(await messagesOf([second, first])));
  });

  it('floors to µs and never goes back; across a jump there are no clocks', async () => {
    const messages = await messagesOf([gz([trade(T0 + 900n, 1), trade(T0 - 1_000_000n, 2), trade(T0 + SECOND / 4n, 3), trade(T0 + 11n * SECOND, 4)])]);
    const from = 1_721_347_021_000_001;
    expect(messages.map((message) => [message.type, message.tsInit - from])).toEqual([
      ['status', 0], ['trade', 0], ['trade', 0], ['clock', 99_999], ['clock', 199_999], ['trade', 249_999], ['trade', 10_999_999], ['status', 10_999_999],
    ]);
    const invariants = createFeedInvariants();
    messages.forEach(invariants.push);
    invariants.finish(true);
  });

  it('drops what is damaged or no tick, counts it by reason, and keeps the rest', async () => {
    const path = gz([
      'not a line', trade(T0, 1), trade(T0 + 1n, 2, 'BTCUSDT', ',"X":"INSURANCE_FUND"'), trade(T0 + 2n, 1), `${T0 + 3n} {"stream":"btcusdt@trade","data":{`,
      trade(T0 + 4_000n * SECOND, 3), trade(T0 + 4n, 4), trade(T0 - 4_000n * SECOND, 5), `${T0 + 5n} {"x":"${'y'.repeat(1_000_001)}"}`,
      `${T0 + 6n} {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","pu":1}}`, trade(T0 + 7n, 6),
    ]);
    const source = await openRecording([path]);
    const messages: FeedMessage[] = [];
    for (let run = 0; run < 2; run++) {
      messages.length = 0;
      for await (const chunk of source.messages(new AbortController().signal)) messages.push(...chunk);
      // The second run counts from nothing again.
      expect(source.counts).toEqual({ trades: 3, quotes: 0, dropped: { malformed: 2, notMarket: 1, duplicate: 1, badTime: 2, tooLarge: 1 } });
    }
    expect(idsOf(messages)).toEqual(['1', '4', '6']);
  });

  it('takes a tick that two files hold once', async () => {
    const source = await openRecording([gz([trade(T0, 1), trade(T0 + 1n, 2)]), gz([trade(T0 + 2n, 2), trade(T0 + 3n, 3)])]);
    const messages: FeedMessage[] = [];
    for await (const chunk of source.messages(new AbortController().signal)) messages.push(...chunk);
    expect(idsOf(messages)).toEqual(['1', '2', '3']);
    expect(source.counts.dropped).toEqual({ duplicate: 1 });
  });

  it('tells spot from futures by the frames', async () => {
    const spotQuote = `${T0} {"stream":"btcusdt@bookTicker","data":{"u":5,"s":"BTCUSDT","b":"1.0","B":"2","a":"1.1","A":"3"}}`;
    expect((await openRecording([gz([spotQuote]), gz([trade(T0, 1)])])).instruments).toEqual(['binance-spot.BTCUSDT', 'binance-usdm.BTCUSDT']);
  });

  it('ends early, without `end`, when it is aborted', async () => {
    const source = await openRecording([gz(Array.from({ length: 5_000 }, (_, i) => trade(T0 + BigInt(i) * 1_000n, i)))]);
    const abort = new AbortController();
    const messages: FeedMessage[] = [];
    for await (const chunk of source.messages(abort.signal)) {
      messages.push(...chunk);
      abort.abort();
    }
    expect(messages).toHaveLength(1_000);
  });

  it('refuses a gzip that is cut off, with the file and the line', async () => {
    const path = gz(Array.from({ length: 20_000 }, (_, i) => trade(T0 + BigInt(i), (i * 7_919) % 1_000_003)));
    const bytes = gzipSync(Array.from({ length: 20_000 }, (_, i) => trade(T0 + BigInt(i), i)).join('\n'));
    writeFileSync(path, bytes.subarray(0, bytes.length - 2_000));
    await expect(openRecording([path])).rejects.toThrow(/f\d+\.gz: damaged gzip after line [1-9]\d+ /);
  });

  it('does not read all of it where its contents are known: damage is refused on the way', async () => {
    const bytes = gzipSync(Array.from({ length: 20_000 }, (_, i) => trade(T0 + BigInt(i), i)).join('\n'));
    const path = gz([]);
    writeFileSync(path, bytes);
    const { instruments, span, title } = await openRecording([path]);
    writeFileSync(path, bytes.subarray(0, bytes.length - 2_000));
    const source = await openRecording([path], { instruments, span });
    expect(source).toMatchObject({ instruments, span, title });
    let read = 0;
    const reading = (async () => {
      for await (const chunk of source.messages(new AbortController().signal)) read += chunk.length;
    })();
    await expect(reading).rejects.toThrow(/f\d+\.gz: damaged gzip after line [1-9]\d+ /);
    expect(read).toBeGreaterThan(1_000);
  });

  it('refuses a zip with a wrong byte, cut off, or with other content', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => `${34_200_000 + i},${1_800_000 + ((i * 31) % 997)},100,P,1,0`);
    const bytes = Buffer.from(zipSync({ '20131007_ibm_Trade_Tick.csv': Buffer.from(rows.join('\n')) }, { level: 0 }));
    const path = join(folder, 'damaged.zip');
    const wrong = Buffer.from(bytes);
    wrong[20_000]! ^= 1;
    writeFileSync(path, wrong);
    await expect(openRecording([path])).rejects.toThrow(/damaged zip after line [1-9]\d+ .size or checksum/);
    writeFileSync(path, bytes.subarray(0, 20_000));
    await expect(openRecording([path])).rejects.toThrow('not a zip file, or cut off');
    writeFileSync(path, zipSync({ a: Buffer.from('1'), b: Buffer.from('2') }));
    await expect(openRecording([path])).rejects.toThrow('2 entries in the zip');
    await expect(openRecording([lean('readme.txt', ['hello'])])).rejects.toThrow('holds readme.txt');
  });

  it('refuses what is no recording, given twice under other names, or without a tick', async () => {
    await expect(openRecording([gz(['hello'])])).rejects.toThrow('no Binance frame in its first 1000 lines');
    await expect(openRecording([join(folder, 'none')])).rejects.toThrow('cannot be read');
    writeFileSync(join(folder, 'notes.txt'), 'x');
    await expect(openRecording([join(folder, 'notes.txt')])).rejects.toThrow('not a recording');
    mkdirSync(join(folder, 'empty'));
    await expect(openRecording([join(folder, 'empty')])).rejects.toThrow('no recording in this folder');
    await expect(openRecording([gz([trade(T0, 1)], 'p/same.gz'), gz([trade(T0, 1)], 'q/same.gz')])).rejects.toThrow('the same recording twice');
    await expect(openRecording([lean('20131007_ibm_Trade_Tick.csv', ['1,1000000,100,P,1,0'])])).rejects.toThrow('no ticks');
    await expect(openRecording([lean('20131007_ibm_Trade_Tick.csv', ['34200000,1000000,100,P,1,0']), gz([trade(T0, 1)])])).rejects.toThrow('US equities and Binance in one recording');
  });
});
