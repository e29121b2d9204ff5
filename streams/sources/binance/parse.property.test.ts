/**
 * Laws of the parser on hostile input: it never throws; what it lets through the contract accepts, unchanged by a
 * round trip; hostile frames between genuine ones take nothing away from them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFeedMessage, parseFeedMessage } from '../../messages/feed.ts';
import { createBinanceParser } from './parse.ts';

const RUNS = { seed: 20_261_124, numRuns: 2_000 };
const NOW = 1_721_347_021_080_838;

const hostileValue = fc.oneof(
  fc.constantFrom('0', '-1', 'NaN', 'Infinity', '1e999', '0x1', ' 1', '', '1.', '.5', '٣', '__proto__', '99999999999999999999', '0.00000000000000000001', null, true, 1e308, -0, 2 ** 53, [], {}),
  fc.double(), fc.string(), fc.jsonValue({ maxDepth: 4 }),
);
const genuineData = fc.oneof(
  fc.record({ e: fc.constant('trade'), T: fc.nat(), s: fc.constantFrom('BTCUSDT', 'ETHUSDT'), t: fc.nat(), p: fc.constant('1.5'), q: fc.constant('2'), X: fc.constant('MARKET'), m: fc.boolean() }),
  fc.record({ u: fc.nat(), s: fc.constantFrom('BTCUSDT', 'ETHUSDT'), b: fc.constant('1.5'), B: fc.constant('2'), a: fc.constant('1.6'), A: fc.constant('0') }),
);
/** A genuine frame with some of its fields replaced, and perhaps cut short. */
const mutatedFrame = fc.tuple(genuineData, fc.dictionary(fc.constantFrom('e', 'T', 's', 't', 'p', 'q', 'X', 'm', 'u', 'b', 'B', 'a', 'A', '__proto__', 'constructor'), hostileValue, { maxKeys: 3 }), fc.boolean(), fc.nat(400))
  .map(([data, change, combined, cut]) => {
    const fields = { ...data, ...change };
    return JSON.stringify(combined ? { stream: 'btcusdt@trade', data: fields } : fields).slice(0, cut < 350 ? undefined : cut - 300);
  });
const hostileFrame = fc.oneof(mutatedFrame, fc.json({ maxDepth: 8 }), fc.string({ unit: 'binary' }));

/** So that a quote has few odd values: one that must be refused isn't refused for another. */
const mostly = (usual: string, ...odd: readonly string[]): fc.Arbitrary<string> => fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const digits = mostly('1721347022507', '0', '00', '01', '7', '999999999999999', '9007199254740993', '-1', '1.5', '1e3', '');
const decimal = mostly('63943.90', '0', '0.000', '1', '.5', '1.', '1.2.3', '1e3', '99999999999999999999.99999999999999999999', '999999999999999999999', '');
/** Written as Binance does, with values that it does and doesn't write. */
const writtenQuote = fc.tuple(fc.boolean(), digits, mostly('BTCUSDT', 'B_T', 'é', '', 'A'.repeat(33)), decimal, decimal, decimal, decimal, fc.option(fc.tuple(digits, digits)))
  .map(([named, u, s, b, B, a, A, times]) => `{"stream":"btcusdt@bookTicker","data":{${named ? '"e":"bookTicker",' : ''}"u":${u},"s":"${s}","b":"${b}","B":"${B}","a":"${a}","A":"${A}"${times === null ? '' : `,"T":${times[0]},"E":${times[1]}`}}}`);

test('a quote that is read by its form comes out as through JSON', () => {
  let ticks = 0;
  fc.assert(fc.property(fc.oneof(writtenQuote, mutatedFrame), (text) => {
    const parsed = createBinanceParser('binance-usdm').parse(text, NOW);
    expect(parsed).toEqual(createBinanceParser('binance-usdm').parse(`${text} `, NOW)); // JSON all the same, of another form
    if (parsed !== null && !('dropped' in parsed)) ticks++;
  }), { ...RUNS, numRuns: 5_000 });
  expect(ticks).toBeGreaterThan(100);
});

test('what comes out is dropped, nothing, or a message that survives the contract', () => {
  const seen = { tick: 0, dropped: 0, nothing: 0 };
  fc.assert(fc.property(fc.array(hostileFrame, { maxLength: 8 }), (frames) => {
    const parser = createBinanceParser('binance-usdm');
    for (const text of frames) {
      const parsed = parser.parse(text, NOW);
      seen[parsed === null ? 'nothing' : 'dropped' in parsed ? 'dropped' : 'tick']++;
      if (parsed === null || 'dropped' in parsed) continue;
      const { subject, body } = encodeFeedMessage('feed', parsed);
      expect(parseFeedMessage(subject, body)).toEqual(parsed);
    }
  }), RUNS);
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
});

test('genuine ticks come out the same whatever unacceptable frames stand between them', () => {
  fc.assert(fc.property(fc.array(fc.tuple(genuineData, hostileFrame), { maxLength: 10 }), (pairs) => {
    const alone = createBinanceParser('binance-spot');
    const among = createBinanceParser('binance-spot');
    for (const [data, hostile] of pairs) {
      // A parser with no history refuses exactly what is unacceptable in itself.
      const noise = createBinanceParser('binance-spot').parse(hostile, NOW);
      if (noise === null || 'dropped' in noise) expect(among.parse(hostile, NOW)).toEqual(noise);
      const text = JSON.stringify(data);
      expect(among.parse(text, NOW)).toEqual(alone.parse(text, NOW));
    }
  }), RUNS);
});
