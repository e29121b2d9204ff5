import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiError } from '../sdk/api.ts';
import { createLog } from '../runtime/log.ts';
import { importFile } from '../store/import/import.ts';
import { RetryError } from '../runtime/errors.ts';
import { createApp } from './app.ts';
import { asyncApi } from './asyncapi.ts';
import { createAuth } from './auth.ts';
import { BTC, ETH, type FakeWorld, openFakeWorld, PROMOTED, TOKEN } from './fakeData.ts';
import { ROUTES } from './routes.ts';

const clock = { nowUs: () => 5_000_000, sleep: async () => undefined };
const log = createLog('test', 'silent');
const auth = createAuth(TOKEN);
const HOST = { host: '127.0.0.1:8765' };
const bearer = { ...HOST, authorization: `Bearer ${TOKEN}` };

let world: FakeWorld;
let server: FastifyInstance;
let dir: string;
const serve = (over: Partial<Parameters<typeof createApp>[0]> = {}) =>
  createApp({ data: world.data, auth, clock, log, version: '1.2.3', host: '127.0.0.1', dashboardDir: dir, ...over });
const get = async (url: string, headers: Record<string, string> = bearer) => server.inject({ url, headers });

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foretick-dist-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>the dashboard</title>');
  writeFileSync(join(dir, 'assets', 'app-1a2b.js'), 'export {};');
  world = await openFakeWorld();
  ({ server } = await serve());
});
afterAll(async () => {
  await server.close();
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('answers', () => {
  const queries: Readonly<Record<string, string>> = {
    '/ticks': `?instrument=${BTC}`, '/bars': `?instrument=${BTC}&interval=1s`, '/predictions': `?instrument=${BTC}&horizonMs=1000`,
  };
  test.each(ROUTES.map((route) => [route.path, route] as const))('%s keeps its contract', async (path, route) => {
    const response = await get(`/api/v1${path}${queries[path] ?? ''}`);
    expect(response.statusCode).toBe(200);
    expect(route.answer.parse(response.json())).toEqual(response.json());
  });

  test('ticks are oldest first, limited from the newest, bounded by time', async () => {
    const seqs = async (query: string): Promise<number[]> => (await get(`/api/v1/ticks?instrument=${BTC}${query}`)).json().map(({ seq }: { seq: number }) => seq);
    expect(await seqs('')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await seqs('&limit=2')).toEqual([9, 10]);
    expect(await seqs('&from=1002000&to=1004000')).toEqual([3, 4, 5]);
  });

  test('what was imported is there beside what was recorded, in order of time', async () => {
    const imported = 'csv.ONLY';
    writeFileSync(join(dir, 'bars.csv'), 'time,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,2,0.5,1.5,7\n2024-01-01T00:05:00Z,1,2,0.5,1.75,7\n');
    writeFileSync(join(dir, 'trades.csv'), 'time,price,qty\n1970-01-01T00:00:01.0055Z,7,1\n');
    const file = (name: string) => ({ path: join(dir, name), intervalMs: null, columns: null, clock });
    for (const instrument of [imported, BTC]) await importFile(world.store, { ...file('trades.csv'), instrument, kind: 'ticks' });
    await importFile(world.store, { ...file('bars.csv'), instrument: imported, kind: 'bars' });
    const closes = async (query: string): Promise<number[]> => (await get(`/api/v1/bars?instrument=${imported}${query}`)).json().map(({ close }: { close: number }) => close);
    expect(await closes('&interval=5m')).toEqual([1.5, 1.75]);
    expect(await closes('&interval=5m&limit=1')).toEqual([1.75]);
    // A time without bars is no error; a length that was never imported is.
    expect(await closes('&interval=5m&to=1')).toEqual([]);
    expect((await get(`/api/v1/bars?instrument=${imported}&interval=1h`)).statusCode).toBe(404);
    expect((await get(`/api/v1/ticks?instrument=${imported}&to=1`)).json()).toEqual([]);
    const times = async (instrument: string): Promise<number[]> => (await get(`/api/v1/ticks?instrument=${instrument}&from=1004000&to=1006000`)).json().map(({ tsInit }: { tsInit: number }) => tsInit);
    expect(await times(imported)).toEqual([1_005_500]);
    expect(await times(BTC)).toEqual([1_004_000, 1_005_000, 1_005_500, 1_006_000]);
  });

  test('a forecast stands with what happened, or null', async () => {
    const rows = (await get(`/api/v1/predictions?instrument=${BTC}&horizonMs=1000`)).json();
    expect(rows.map(({ frameTs, realisedBps }: Record<string, number>) => [frameTs, realisedBps])).toEqual([[1_000_000, 0.25], [2_000_000, 0.25], [3_000_000, null]]);
  });

  test('a frame names its columns; what is not known is null', async () => {
    expect((await get('/api/v1/frames/latest')).json()).toEqual({
      ts: 3_000_000, schema: 'abc', features: ['mp_dev_bps', 'spread_bps'],
      rows: [{ instrument: 'sim.BTC', mid: 100.5, flags: [], values: [1, null] }, { instrument: 'sim.ETH', mid: null, flags: ['warmingUp', 'noQuote'], values: [3, 4] }],
    });
  });

  test('the champion is the one that serves the newest forecast', async () => {
    expect((await get('/api/v1/models')).json()).toEqual({ champion: PROMOTED.model, events: [PROMOTED], card: null });
  });

  test('the newest is of the instruments that were named, once each, or of all', async () => {
    const named = async (query: string): Promise<string[]> => (await get(`/api/v1/online${query}`)).json().instruments.map(({ instrument }: { instrument: string }) => instrument);
    expect(await named('')).toEqual([BTC, ETH]);
    expect(await named(`?instruments=${ETH},${BTC},${ETH}`)).toEqual([ETH, BTC]);
  });

  test('scores say of which frame they are', async () => {
    expect((await get('/api/v1/scores?universe=main')).json()).toMatchObject({ frameTs: 3_000_000, scores: [{ symbol: BTC, skill: 0.1 }] });
  });
});

describe('refusals', () => {
  test.each([
    ['/api/v1/ticks', 400, /instrument/],
    ['/api/v1/ticks?instrument=sim.NONE', 404, /no instrument "sim.NONE"/],
    ['/api/v1/ticks?instrument=BTC', 400, /venue/],
    [`/api/v1/ticks?instrument=${BTC}&limit=10001`, 400, /limit/],
    [`/api/v1/ticks?instrument=${BTC}&limit=0`, 400, /limit/],
    [`/api/v1/ticks?instrument=${BTC}&limit=`, 400, /limit/],
    [`/api/v1/ticks?instrument=${BTC}&limit=1e3`, 400, /limit/],
    [`/api/v1/ticks?instrument=${BTC}&limit=1&limit=2`, 400, /limit/],
    [`/api/v1/ticks?instrument=${BTC}&from=-1`, 400, /from/],
    [`/api/v1/ticks?instrument=${BTC}&from=9999999999999999`, 400, /from/],
    [`/api/v1/ticks?instrument=${BTC}&from=2&to=1`, 400, /after to/],
    [`/api/v1/ticks?instument=${BTC}`, 400, /instument/],
    [`/api/v1/bars?instrument=${BTC}&interval=5`, 400, /interval/],
    ['/api/v1/bars?instrument=v.NONE&interval=5m', 404, /no bars of 5m of "v.NONE"/],
    [`/api/v1/predictions?instrument=${BTC}&horizonMs=7`, 404, /no horizon of 7 ms/],
    ['/api/v1/symbols?universe=other', 404, /no universe "other"/],
    [`/api/v1/online?instruments=${BTC},sim.NONE`, 404, /no instrument "sim.NONE"/],
    ['/api/v1/online?instruments=', 400, /instruments/],
    [`/api/v1/online?instruments=${BTC}&instruments=${BTC}`, 400, /instruments/],
    [`/api/v1/online?instruments=${BTC},${'x'.repeat(12_000)}`, 400, /instruments/],
    [`/api/v1/bars?instrument=${encodeURIComponent("x.'; DROP TABLE bars;--")}&interval=1s`, 400, /venue/],
    ['/api/v1/nothing', 404, /no such path/],
    ['/api', 404, /no such path/],
    ['/api/v1/%ff', 400, /./],
    ['/lost.png', 404, /no such file/],
  ])('%s is %i, in words', async (url, status, words) => {
    const response = await get(url);
    expect([response.statusCode, apiError.parse(response.json()).error]).toEqual([status, expect.stringMatching(words)]);
  });

  test.each(['/api/v1/health', '/api/v1/nothing', '/api/v1/stream', '/api', '/api/', '/%61pi/v1/health', '/api/v1/health?token=' + TOKEN])('%s needs the token', async (url) => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: TOKEN }, { cookie: `${auth.cookieName}=${TOKEN}` }, { cookie: 'a=b;;=' }] as Record<string, string>[]) {
      const response = await get(url, { ...HOST, ...headers });
      expect([response.statusCode, apiError.parse(response.json()).error]).toEqual([401, 'no valid token']);
      expect(response.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('a request under a foreign name is not answered, not even public ones', async () => {
    for (const url of ['/', '/healthz', '/api/v1/health', '/login?token=' + TOKEN]) expect((await get(url, { ...bearer, host: 'evil.example' })).statusCode).toBe(421);
  });

  test('other methods, and bodies above 64 kB', async () => {
    const post = (payload: string) => server.inject({ method: 'POST', url: '/api/v1/health', headers: { ...bearer, 'content-type': 'application/json' }, payload });
    const refused = await post('{}');
    expect([refused.statusCode, refused.headers['allow']]).toEqual([405, 'GET, HEAD']);
    const large = await server.inject({ method: 'POST', url: '/login', headers: { ...HOST, 'content-type': 'application/json' }, payload: 'x'.repeat(70_000) });
    expect([large.statusCode, apiError.parse(large.json()).hint]).toEqual([413, expect.stringContaining('64 kB')]);
  });

  test('what is away is 503, what is our fault is 500 and says nothing of the inside', async () => {
    const failing = (error: Error) => serve({ data: { ...world.data, history: () => { throw error; } } });
    const away = await failing(new RetryError('there is no history yet', 'Wait.'));
    const broken = await failing(new Error('secret path /x/y'));
    const url = { url: '/api/v1/scores', headers: bearer };
    expect(await away.server.inject(url).then((r) => [r.statusCode, r.json()])).toEqual([503, { error: 'there is no history yet', hint: 'Wait.' }]);
    const answer = await broken.server.inject(url);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    await Promise.all([away.server.close(), broken.server.close()]);
  });

  test('a frame of another version is not given with wrong names', async () => {
    const other = await serve({ data: { ...world.data, featureNames: () => ['only_one'] } });
    expect((await other.server.inject({ url: '/api/v1/frames/latest', headers: bearer })).statusCode).toBe(503);
    await other.server.close();
  });
});

describe('login', () => {
  test('the link sets a cookie that the API takes, and leads to the dashboard', async () => {
    const response = await get(`/login?token=${TOKEN}`, HOST);
    expect([response.statusCode, response.headers.location]).toEqual([303, '/']);
    const header = String(response.headers['set-cookie']);
    expect(header).toMatch(/HttpOnly/);
    expect(header).toMatch(/SameSite=Strict/);
    expect(header).not.toContain(TOKEN);
    expect((await get('/api/v1/health', { ...HOST, cookie: header.split(';')[0]! })).statusCode).toBe(200);
  });

  test('the way out takes the cookie from the browser, and leads to the page that says how to come back', async () => {
    const response = await get('/logout', HOST);
    expect([response.statusCode, response.headers.location]).toEqual([303, '/']);
    const [login, logout] = await Promise.all([get(`/login?token=${TOKEN}`, HOST), response]);
    const nameOf = (header: unknown): string => String(header).split('=')[0]!;
    expect(nameOf(logout.headers['set-cookie'])).toBe(nameOf(login.headers['set-cookie']));
    expect(String(logout.headers['set-cookie'])).toMatch(/=;.*Path=\/;.*Expires=Thu, 01 Jan 1970/);
  });

  test('wrong links are refused, and after some of them all are', async () => {
    const fresh = await serve();
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) statuses.push((await fresh.server.inject({ url: '/login?token=guess', headers: HOST })).statusCode);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    const last = await fresh.server.inject({ url: `/login?token=${TOKEN}`, headers: HOST });
    expect([last.statusCode, apiError.parse(last.json()).error]).toEqual([429, expect.stringMatching(/./)]);
    await fresh.server.close();
  });

  test.each(['/login', '/login?token=', '/login?token=a&token=b', '/login?token[]=x'])('%s is refused', async (url) => {
    expect((await get(url, HOST)).statusCode).toBe(401);
  });
});

describe('public', () => {
  test('/healthz', async () => {
    expect((await get('/healthz', HOST)).json()).toEqual({ ok: true });
  });

  test('the AsyncAPI description', async () => {
    expect((await get('/api/asyncapi.json', HOST)).json()).toEqual(asyncApi('1.2.3'));
  });

  test('the OpenAPI description is valid and names every path', async () => {
    const description = (await get('/api/openapi.json', HOST)).json();
    const validator = new Validator();
    expect(await validator.validate(description)).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(Object.keys(description.paths).sort()).toEqual([...ROUTES.map(({ path }) => path), '/stream'].sort());
    const limit = description.paths['/ticks'].get.parameters.find(({ name }: { name: string }) => name === 'limit');
    expect(limit).toMatchObject({ in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 10_000 } });
    expect(description.paths['/bars'].get.parameters[1].schema.pattern).toContain('ms|s|m|h');
    expect(description.paths['/ticks'].get.parameters[0]).toMatchObject({ name: 'instrument', required: true });
    expect(description.components.schemas.Tick.properties.seq).toEqual({ type: 'number' });
    for (const path of ROUTES.map(({ path }) => path)) expect(Object.keys(description.paths[path].get.responses), path).toEqual(['200', '400', '401', '404', '421', '431', '503']);
    expect(Object.keys(description.paths['/stream'].get.responses)).toEqual(['101', '401', '403', '404', '421', '431', '503']);
  });

  test('the dashboard: its page for every path of its own, files cached by name, guarded by headers', async () => {
    const page = await get('/', { ...HOST, accept: 'text/html' });
    expect(page.body).toContain('the dashboard');
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect((await get('/symbol/sim.BTC', { ...HOST, accept: 'text/html' })).body).toBe(page.body);
    const script = await get('/assets/app-1a2b.js', HOST);
    expect([script.statusCode, script.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    for (const url of ['/assets/../../etc/passwd', '/..%2f..%2fetc/passwd', '/.git/config']) expect((await get(url, HOST)).statusCode).toBeGreaterThanOrEqual(400);
  });

  test('without a built dashboard, a page says how to build it', async () => {
    const bare = await serve({ dashboardDir: join(dir, 'none') });
    const response = await bare.server.inject({ url: '/', headers: { ...HOST, accept: 'text/html' } });
    expect([response.statusCode, response.body]).toEqual([503, expect.stringContaining('foretick up')]);
    await bare.server.close();
  });
});
