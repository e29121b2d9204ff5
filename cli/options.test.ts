import { describe, expect, it } from 'vitest';
import { parseOptions, type RawOptions, time } from './options.ts';

const parse = (raw: Partial<RawOptions>) => parseOptions({ data: 'd', ...raw }, '/home/me');

describe('options of up', () => {
  it('lists every problem at once, one line each, beginning with the option', () => {
    const { problems } = parse({ source: 'nonsense', universe: ['No Good'], step: '7', horizons: '1s,x', speed: '-1', trainUntil: 'soon', port: '99999', nats: 'http://x' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['--source', '--universe', '--step', '--horizons', '--speed', '--train-until', '--port', '--nats']);
    expect(problems.every((problem) => !problem.includes('\n'))).toBe(true);
  });
  it('leaves open what was not given', () => {
    expect(parse({})).toEqual({ wishes: { dataDir: '/home/me/d' }, problems: [] });
  });
  it('reads each option', () => {
    const { wishes, problems } = parse({ source: 'recording:../x,/y', universe: ['fast=btcusdt,ETHUSDT,btcusdt'], step: '500ms', horizons: '5s,1s,500', speed: 'max', trainUntil: '2026-01-05T00:40:00Z', port: '0', store: 'sqlite:h.db', nats: 'nats://me:p%40ss@host:4222' });
    expect(problems).toEqual([]);
    expect(wishes).toMatchObject({
      source: { kind: 'recording', paths: ['/home/x', '/y'] }, universes: [{ name: 'fast', symbols: ['btcusdt', 'ETHUSDT'] }], stepMs: 500, horizonsMs: [500, 1_000, 5_000], speed: null,
      trainUntilTs: 1_767_573_600_000_000, port: 0, storeUrl: 'sqlite:/home/me/h.db', nats: { url: 'nats://host:4222', credentials: { user: 'me', pass: 'p@ss' } },
    });
  });
  it('takes several universes, each with symbols and a name of its own', () => {
    expect(parse({ universe: ['a:BTCUSDT', 'b=ETHUSDT,SOLUSDT'] }).wishes.universes).toEqual([{ name: 'a', symbols: ['BTCUSDT'] }, { name: 'b', symbols: ['ETHUSDT', 'SOLUSDT'] }]);
    expect(parse({ universe: ['a:BTCUSDT', 'b'] }).problems).toEqual(['--universe: b names no symbols; with several universes write each as NAME=SYMBOL,SYMBOL…']);
    expect(parse({ universe: ['a:BTCUSDT', 'a=ETHUSDT'] }).problems).toEqual(['--universe: a twice']);
    expect(parse({ universe: ['a:'] }).problems).toEqual(['--universe: no symbol after a']);
  });
  it('holds horizons against the step, given or default', () => {
    expect(parse({ horizons: '1500ms' }).problems).toEqual(['--horizons: 1500 ms is not a multiple of the step, 1000 ms']);
    expect(parse({ horizons: '1500ms', step: '500ms' }).problems).toEqual([]);
    expect(parse({ step: '2s' }).problems).toEqual(['--horizons: 1000 ms is not a multiple of the step, 2000 ms', '--horizons: 5000 ms is not a multiple of the step, 2000 ms', '--horizons: 15000 ms is not a multiple of the step, 2000 ms']);
  });
  it.each(['0', '50ms', '99', '150', '2m', '1h', '', '-1s', '1.5s'])('refuses the step %j', (step) => {
    expect(parse({ step }).problems).not.toEqual([]);
  });
  it.each(['0', 'NaN', 'Infinity', '', 'fast', '1e9'])('refuses the speed %j', (speed) => {
    expect(parse({ speed }).problems).toHaveLength(1);
  });
  it('reads times without a zone as UTC, and µs', () => {
    expect(time('2026-01-05T00:40')).toBe(1_767_573_600_000_000);
    expect(time('2026-01-05')).toBe(1_767_571_200_000_000);
    expect(time('2026-01-05T01:40:00+01:00')).toBe(1_767_573_600_000_000);
    expect(time('1767573600000000')).toBe(1_767_573_600_000_000);
  });
});

describe('a NATS server of one\'s own', () => {
  it('is one address or a cluster\'s, with credentials taken out', () => {
    const { wishes, problems } = parse({ nats: 'tls://me:pw@a:4222, tls://b:4223', natsCa: 'ca.pem', natsCreds: '/k', replicas: '3', sync: 'always' });
    expect(problems).toEqual([]);
    expect(wishes).toMatchObject({ nats: { url: 'tls://a:4222,tls://b:4223', credentials: { user: 'me', pass: 'pw' } }, natsCreds: '/k', natsTls: { caFile: '/home/me/ca.pem' }, replicas: 3, sync: 'always' });
  });
  it('is refused half encrypted, with half a certificate, or with two copies', () => {
    const { problems } = parse({ nats: 'tls://a:4222,nats://b:4222', natsCert: 'c.pem', replicas: '2', sync: 'often' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['--nats', '--nats-cert', '--replicas', '--sync']);
  });
});
