import { describe, expect, it } from 'vitest';
import { configSchema } from '../runtime/config.ts';
import { parseOptions, type RawOptions } from './options.ts';
import { planConfig, type Places, type SourceFacts } from './plan.ts';

const places: Places = { nats: { url: 'nats://127.0.0.1:4000', credentialsFile: '/d/secrets/nats' }, gatewayPort: 8_765, tokenFile: '/d/token', defaultStoreUrl: 'sqlite:/d/history.db' };
const recording: SourceFacts = {
  config: { kind: 'recording', paths: ['/r'] }, kind: 'recording', instruments: ['binance-usdm.BTCUSDT', 'binance-usdm.ETHUSDT', 'binance-usdm.SOLUSDT'], span: { fromTs: 1_000_000_000, toTs: 2_000_000_000 }, startTs: null,
};
const simulator: SourceFacts = { config: { kind: 'simulator', seed: 1, symbols: 1, minutes: null, predictable: true }, kind: 'simulated', instruments: ['sim.ALFA'], span: null, startTs: 5_000_000 };
const live: SourceFacts = { config: { kind: 'binance', market: 'usdm', streamUrl: 'wss://x/stream', symbols: ['BTCUSDT'] }, kind: 'live', instruments: ['binance-usdm.BTCUSDT'], span: null, startTs: null };
const wish = (raw: Partial<RawOptions>) => parseOptions({ data: '/d', ...raw }, '/').wishes;
const plan = (facts: SourceFacts, raw: Partial<RawOptions> = {}, previous: ReturnType<typeof planConfig>['config'] | null = null) => planConfig(wish(raw), facts, previous, places);

describe('plan', () => {
  it('gives a configuration that the services take, for each kind of source', () => {
    for (const facts of [recording, simulator, live]) {
      const { config, problems } = plan(facts);
      expect(problems).toEqual([]);
      expect(configSchema.parse(config)).toEqual(config);
    }
  });
  it('trains on the first 60 % of a recording and replays that at full speed', () => {
    expect(plan(recording).config).toMatchObject({ feed: { name: 'recording', virtual: true, speed: 1, fastUntil: 1_600_000_000 }, training: { untilTs: 1_600_000_000 }, universes: [{ leaders: ['binance-usdm.BTCUSDT', 'binance-usdm.ETHUSDT'] }] });
    expect(plan(recording, { speed: 'max' }).config.feed).toMatchObject({ speed: null, fastUntil: null });
  });
  it('tells the source what a recording holds, and of others nothing that changes', () => {
    expect(plan(recording).config.feed.contents).toEqual({ instruments: recording.instruments, span: recording.span });
    expect(plan(simulator).config.feed.contents ?? plan(live).config.feed.contents).toBeUndefined();
  });
  it('trains on the first hour of an endless simulation', () => {
    expect(plan(simulator).config).toMatchObject({ training: { untilTs: 3_605_000_000 }, feed: { fastUntil: 3_605_000_000 } });
  });
  it('leaves time to a live feed', () => {
    expect(plan(live).config).toMatchObject({ feed: { name: 'binance-usdm', virtual: false, speed: 1, fastUntil: null }, training: { untilTs: null } });
    expect(plan(live, { speed: 'max', trainUntil: '2026-01-05', exit: true }).problems.map((problem) => problem.split(':')[0])).toEqual(['--train-until', '--speed', '--exit']);
  });
  it('finds symbols by bare name or id, and names those that are missing together with the other problems', () => {
    expect(plan(recording, { universe: ['u=ethusdt,binance-usdm.BTCUSDT'] }).config.universes).toMatchObject([{ name: 'u', instruments: ['binance-usdm.ETHUSDT', 'binance-usdm.BTCUSDT'] }]);
    const { problems } = plan(recording, { universe: ['u=DOGE,BTCUSDT'], trainUntil: '1999999999999999' });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('has no DOGE; it has BTCUSDT, ETHUSDT, SOLUSDT');
    expect(problems[1]).toContain('outside this source');
  });
  it('takes several universes apart, and refuses an instrument that is in two', () => {
    const { config, problems } = plan(recording, { universe: ['a:BTCUSDT', 'b:ETHUSDT,SOLUSDT'] });
    expect(problems).toEqual([]);
    expect(configSchema.parse(config)).toEqual(config);
    expect(config.universes.map(({ name, instruments, leaders }) => [name, instruments, leaders])).toEqual([['a', ['binance-usdm.BTCUSDT'], ['binance-usdm.BTCUSDT']], ['b', ['binance-usdm.ETHUSDT', 'binance-usdm.SOLUSDT'], ['binance-usdm.ETHUSDT', 'binance-usdm.SOLUSDT']]]);
    expect(plan(recording, {}, config)).toEqual({ config, problems: [] });
    expect(plan(recording, { universe: ['a:BTCUSDT', 'b:btcusdt'] }).problems).toEqual(['--universe: BTCUSDT is in a and in b; an instrument is in one universe, where its forecast is']);
  });
  it('reads the configuration of a folder that was started when there was one universe', () => {
    const { universes: [universe], ...rest } = plan(recording).config;
    expect(configSchema.parse({ ...rest, universe })).toEqual(plan(recording).config);
  });
  it('goes on as before when options are left out, and lets speed, port and store change', () => {
    const first = plan(recording, { universe: ['u=ETHUSDT'], step: '500ms', horizons: '1s', speed: '60', trainUntil: '1500000000000' }, null);
    const before = { ...plan(recording, { universe: ['u=ETHUSDT'], step: '500ms', horizons: '1s', speed: '60' }).config };
    expect(first.problems).toHaveLength(1);
    expect(plan(recording, {}, before)).toEqual({ config: before, problems: [] });
    expect(plan(recording, { speed: 'max', store: 'sqlite:/other.db' }, before)).toMatchObject({ problems: [], config: { feed: { speed: null }, store: { url: 'sqlite:/other.db' } } });
  });
  it('keeps the speed "max" of the earlier run', () => {
    const before = plan(recording, { speed: 'max' }).config;
    expect(plan(recording, {}, before).config.feed.speed).toBe(null);
  });
  it('refuses what would make the stored data mean something else, all at once', () => {
    const before = plan(recording).config;
    const { problems } = plan(simulator, { source: 'simulator:1', universe: ['other=ALFA'], step: '500ms', horizons: '500ms', ungated: true, trainUntil: '2026-01-05' }, before);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['--source', '--universe', '--step', '--horizons', '--train-until', '--ungated']);
    expect(problems[0]).toContain('--data DIR');
  });
  it('refuses another server for a folder whose streams are on its own', () => {
    const before = plan(recording).config;
    const { problems } = planConfig(wish({}), recording, before, { ...places, nats: { url: 'nats://elsewhere:4222', credentialsFile: null } });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['--nats']);
  });
});
