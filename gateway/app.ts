/**
 * The HTTP side of the gateway: guards, then REST, login and the dashboard.
 *
 *   public   /healthz, /api/openapi.json, /api/asyncapi.json, /login, /logout, the dashboard's files
 *   token    everything else under /api
 *
 * Every refusal, whoever raised it, leaves as apiError JSON. There are no bodies to read: only GET is answered.
 */
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { WallClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { type Auth, COOKIE_SECONDS } from './auth.ts';
import { asyncApi } from './asyncapi.ts';
import { addDashboard } from './dashboard.ts';
import type { GatewayData } from './data.ts';
import { createGuard, type Guard } from './guard.ts';
import { openApi } from './openapi.ts';
import { parseQuery } from './query.ts';
import { ApiRefusal, toRefusal } from './refusal.ts';
import { ROUTES } from './routes.ts';
import { encodeInSlices } from './slices.ts';

const MAX_BODY_BYTES = 64 * 1_024;
/** Sockets of any kind; readers of the stream have their own, lower, limit. */
const MAX_SOCKETS = 1_000;
const LOGINS_PER_MINUTE = 20;
const REQUEST_TIMEOUT_MS = 30_000;

export interface AppOptions {
  readonly data: GatewayData;
  readonly auth: Auth;
  readonly clock: WallClock;
  readonly log: Log;
  readonly version: string;
  /** The address that the server is bound to: a loopback one is guarded against DNS rebinding. */
  readonly host: string;
  /** Folder of the built dashboard; it may be missing. */
  readonly dashboardDir: string;
  /** Called with status and route of each answered request. */
  onAnswer?(route: string, status: number): void;
}

export interface App {
  readonly server: FastifyInstance;
  /** For the WebSocket, which Fastify doesn't see. */
  readonly guard: Guard;
}

export async function createApp(options: AppOptions): Promise<App> {
  const { data, auth, clock, log } = options;
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => void refuse(reply, error, log),
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return socket.destroy();
      socket.once('finish', () => socket.destroy()); // its peer may never close
      socket.end(error.code === 'HPE_HEADER_OVERFLOW' ? RAW_TOO_LONG : RAW_BAD_REQUEST);
    },
  });
  app.server.maxConnections = MAX_SOCKETS;
  app.setErrorHandler((error, _request, reply) => refuse(reply, error, log));
  await app.register(cookie);
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: CSP }, hsts: false, referrerPolicy: { policy: 'no-referrer' } });
  await app.register(rateLimit, { global: false });
  const descriptions: Readonly<Record<string, unknown>> = { '/api/openapi.json': openApi(options.version), '/api/asyncapi.json': asyncApi(options.version) };
  const isPublic = (request: FastifyRequest): boolean => Object.hasOwn(descriptions, request.routeOptions.url ?? '');
  const guard = createGuard(auth, options.host, clock, (header) => app.parseCookie(header));

  app.addHook('onRequest', async (request) => {
    guard.checkHost(request.raw);
    if (!isApi(request) || isPublic(request)) return;
    guard.checkToken(request.raw);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new ApiRefusal(405, `${request.method} is not answered here`, 'Everything is read with GET.');
  });
  app.addHook('onResponse', async (request, reply) => options.onAnswer?.(request.routeOptions.url ?? 'none', reply.statusCode));

  app.get('/healthz', () => ({ ok: true }));
  for (const [path, description] of Object.entries(descriptions)) app.get(path, () => description);
  addLogin(app, auth, clock);
  for (const { path, query, handle } of ROUTES) {
    app.get(`/api/v1${path}`, async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      const answer = await handle(data, parseQuery(query, request.query));
      return Array.isArray(answer) ? reply.type('application/json; charset=utf-8').send(await encodeInSlices(answer)) : answer;
    });
  }
  await addDashboard(app, { dir: options.dashboardDir, isApi });
  return { server: app, guard };
}

/** Scripts from our own files only. Styles may be set inline: the charts do. */
const CSP = {
  defaultSrc: ["'self'"], scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'], connectSrc: ["'self'"],
  objectSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"],
};
/** Answers to what never became a request. */
function raw(status: string, error: string, hint: string): string {
  const body = JSON.stringify({ error, hint });
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
const RAW_BAD_REQUEST = raw('400 Bad Request', 'not an HTTP request', '');
const RAW_TOO_LONG = raw('431 Request Header Fields Too Large', 'address and headers are longer than 16 kB', 'Ask for less at once.');

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0]!;
const isApi = (request: FastifyRequest): boolean => pathOf(request) === '/api' || pathOf(request).startsWith('/api/') || (request.routeOptions.url ?? '').startsWith('/api/');

function refuse(reply: FastifyReply, error: unknown, log: Log): FastifyReply {
  const { refusal, unexpected } = toRefusal(error);
  if (unexpected) log.error({ err: error }, 'a request failed');
  if (refusal.status === 405) void reply.header('allow', 'GET, HEAD');
  if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.status(refusal.status).header('cache-control', 'no-store').send(refusal.body);
}

function addLogin(app: FastifyInstance, auth: Auth, clock: WallClock): void {
  const config = { rateLimit: { max: LOGINS_PER_MINUTE, timeWindow: 60_000 } };
  app.get<{ Querystring: { token?: unknown } }>('/login', { config }, async (request, reply) => {
    const { token } = request.query;
    if (typeof token !== 'string' || !auth.isToken(token)) throw new ApiRefusal(401, 'that login link is not valid', 'Open the link that `./foretick up` printed last.');
    const options = { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https', maxAge: COOKIE_SECONDS } as const;
    return reply.setCookie(auth.cookieName, auth.issueCookie(clock.nowUs()), options).header('cache-control', 'no-store').redirect('/', 303);
  });
  // The cookie goes from this browser; a new token ends all of them.
  app.get('/logout', async (_request, reply) => reply.clearCookie(auth.cookieName, { path: '/' }).header('cache-control', 'no-store').redirect('/', 303));
}
