/**
 * Whatever stands on the command line or in config.json: values of the contract, or problems in words; never a throw that
 * isn't a refusal. FORETICK_FULL=1 runs a hundred times as many.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig, MAX_HORIZON_STEPS } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { parseInstrument } from './import.ts';
import { parseOptions, type RawOptions } from './options.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const RUNS = { seed: 20_261_124, numRuns: process.env['FORETICK_FULL'] === '1' ? 30_000 : 500 };
/** Each writes a file. */
const FILES = { ...RUNS, numRuns: Math.min(RUNS.numRuns, 3_000) };
const FLAGS = ['source', 'universe', 'step', 'horizons', 'speed', 'trainUntil', 'port', 'store', 'cache', 'nats', 'natsCreds', 'natsCa', 'natsCert', 'natsKey', 'replicas', 'sync'] as const;
const text = fc.oneof(
  fc.constantFrom('', ' ', '1s', '1'.repeat(400), '9'.repeat(17), '99999999999999m', '-1', '1e999', 'NaN', '0x10', 'max', '__proto__', 'main=', 'a=b=c', 'binance:spot:', 'simulator:7,seed=8', 'simulator:__proto__=1', 'simulator:1,minutes=1e9', 'recording:', 'recording:,,', 'nats://%ff:x@h', 'nats://', 'tls://[::1', 'redis://', 'redis://%', 'questdb:http://%ff@h', 'sqlite:', '2024-13-01', '+275760-09-13T00:00:00Z', '%', '\u0000', '=,:'.repeat(1_000)),
  fc.string({ maxLength: 40 }), fc.webUrl(), fc.string({ maxLength: 20 }).map((rest) => `simulator:${rest}`), fc.string({ maxLength: 20 }).map((rest) => `binance:${rest}`),
);

describe('options', () => {
  it('become wishes, or problems that begin with the option', () => {
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...FLAGS), text, { minKeys: 1 }), (raw) => {
      const { wishes, problems } = parseOptions({ data: 'd', ...raw, ...(raw.universe === undefined ? {} : { universe: [raw.universe, 'other:X'].slice(0, 1 + (raw.universe.length % 2)) }) } as RawOptions, '/home/me');
      for (const problem of problems) expect(problem).toMatch(/^--[a-z-]+: /);
      for (const horizonMs of wishes.horizonsMs ?? []) expect(Number.isSafeInteger(horizonMs)).toBe(true);
    }), RUNS);
  });

  it.each([
    [{ nats: 'nats://%ff:x@h' }, /^--nats: a stray %/], [{ horizons: '99999999999999m' }, /is not a duration/], [{ nats: 'nats://me:hunter2@[x' }, /^(?!.*hunter).*no address/], [{ horizons: '120m' }, /more than 3600 steps/], [{ step: '100ms', horizons: '7m' }, /more than 3600 steps/],
  ])('%j is refused', (raw, words) => {
    expect(parseOptions({ data: 'd', ...raw }, '/').problems).toEqual([expect.stringMatching(words)]);
  });

  it('an instrument is one of the contract, or refused', () => {
    fc.assert(fc.property(fc.string({ maxLength: 150 }), (name) => {
      try {
        expect(parseInstrument(name)).toMatch(/^[^.]+\.[^.]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }), RUNS);
  });
});

describe('config.json', () => {
  let path: string;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'foretick-config-'));
    path = join(folder, 'config.json');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const GENUINE = {
    v: 1, dataDir: 'd', nats: { url: 'nats://127.0.0.1:4222', credentialsFile: null },
    feed: { name: 'main', source: { kind: 'simulator', seed: 1, symbols: 2, minutes: null, predictable: true }, virtual: true, speed: null, fastUntil: null },
    universe: { name: 'main', instruments: ['sim.A', 'sim.B'], stepMs: 1_000, horizonsMs: [1_000], leaders: [] },
    training: { untilTs: null, minMinutes: 10, ungated: false }, store: { url: 'sqlite:h.db' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: 't' },
  };
  const load = (content: string | Uint8Array) => {
    writeFileSync(path, content);
    return loadConfig(path);
  };
  type Json = Record<string, unknown>;
  const leaves = (value: unknown, at: string[] = []): string[][] => (typeof value === 'object' && value !== null ? [at, ...Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...at, key]))] : [at]);
  const put = (value: unknown, [key, ...rest]: string[], replacement: unknown): unknown => (key === undefined ? replacement : { ...(value as Json), [key]: put((value as Json)[key], rest, replacement) });

  it('is read, or refused with the file and the field', () => {
    expect(load(JSON.stringify(GENUINE)).universes[0]!.stepMs).toBe(1_000);
    const hostile = fc.oneof(fc.constantFrom<unknown>(null, '', [], {}, -1, 1e308, 2 ** 53, '__proto__', 'x'.repeat(100_000)), fc.jsonValue({ maxDepth: 3 }));
    let refused = 0;
    fc.assert(fc.property(fc.constantFrom(...leaves(GENUINE)), hostile, (at, value) => {
      try {
        load(JSON.stringify(put(GENUINE, at, value)));
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
        expect((error as Error).message).toContain(path);
        refused++;
      }
    }), FILES);
    expect(refused).toBeGreaterThan(FILES.numRuns / 2);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void expect(() => load(bytes)).toThrow(RefusedError)), { ...RUNS, numRuns: 100 });
  });

  it('with a horizon that would fill the memory is refused', () => {
    expect(() => load(JSON.stringify(put(GENUINE, ['universe', 'horizonsMs'], [(MAX_HORIZON_STEPS + 1) * 1_000])))).toThrow(/universes.0.horizonsMs.0: more than 3600 steps/);
  });
});
