import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiError } from '../sdk/api.ts';
import { createLog } from '../runtime/log.ts';
import { createApp } from './app.ts';
import { createAuth } from './auth.ts';
import { BTC, type FakeWorld, openFakeWorld, TOKEN } from './fakeData.ts';
import { ROUTES } from './routes.ts';

let world: FakeWorld;
let server: FastifyInstance;
beforeAll(async () => {
  world = await openFakeWorld();
  ({ server } = await createApp({
    data: world.data, auth: createAuth(TOKEN), clock: { nowUs: () => 0, sleep: async () => undefined }, log: createLog('test', 'silent'), version: '1', host: '127.0.0.1', dashboardDir: '/nonexistent',
  }));
});
afterAll(async () => {
  await server.close();
  await world.close();
});

const name = fc.constantFrom('universe', 'instrument', 'from', 'to', 'limit', 'interval', 'horizonMs', '__proto__', 'instrument[]');
const value = fc.oneof(fc.constantFrom('main', BTC, '1s', '1000', '-0', '1e999', 'NaN', '0x10', '9007199254740993', '%00', '*'), fc.string({ maxLength: 30 }), fc.integer().map(String));
const query = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => pairs.map(([key, text]) => `${encodeURIComponent(key)}=${encodeURIComponent(text)}`).join('&'));
const path = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ROUTES.map((route) => `/api/v1${route.path}`)) }, { weight: 1, arbitrary: fc.webPath().map((text) => `/api${text.startsWith('/') ? text : `/${text}`}`) });

test('whatever is asked: an answer of the contract, or a refusal in words; never our fault', async () => {
  await fc.assert(fc.asyncProperty(path, query, async (url, text) => {
    const response = await server.inject({ url: `${url}?${text}`, headers: { host: 'localhost', authorization: `Bearer ${TOKEN}` } });
    expect(response.statusCode).toBeLessThan(500);
    if (response.statusCode === 200) ROUTES.find((route) => `/api/v1${route.path}` === url)?.answer.parse(response.json());
    else expect(apiError.parse(response.json()).error).not.toBe('');
  }), { seed: 5, numRuns: 500 });
});

test('whatever stands in the guarded headers, without the token there is no answer', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ maxLength: 80 }), fc.string({ maxLength: 80 }), async (authorization, cookie) => {
    const response = await server.inject({ url: '/api/v1/universes', headers: { host: 'localhost', authorization, cookie } });
    expect(response.statusCode).toBe(401);
  }), { seed: 6, numRuns: 300 });
});
