/** The gateway put together: LATEST → hub → sockets; LATEST and FEATURES → online store; store, registry and streams → REST; services → health. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Counter, Gauge } from 'prom-client';
import type { WallClock } from '../runtime/clock.ts';
import type { Config } from '../runtime/config.ts';
import { messageOf, RefusedError } from '../runtime/errors.ts';
import type { ServiceContext } from '../runtime/service.ts';
import type { HealthInfo } from '../sdk/api.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { followModelEvents } from '../streams/edge/modelEvents.ts';
import { type App, createApp } from './app.ts';
import { createAuth } from './auth.ts';
import { followHealth, followLatest } from './follow.ts';
import { createHealthBoard, sameHealth } from './healthBoard.ts';
import { createHub, type Hub } from './hub.ts';
import { openLive } from './live.ts';
import { openOnlineStore } from './online.ts';
import { readToken } from './tokenFile.ts';
import { universesOf } from './universes.ts';
import { attachStream } from './websocket.ts';

const ROOT = join(import.meta.dirname, '..');
const HEALTH_EVERY_MS = 1_000;

export async function runGateway(connection: Connection, config: Config, context: ServiceContext, clock: WallClock): Promise<void> {
  const { signal, log } = context;
  const { host, port, tokenFile } = config.gateway;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const auth = createAuth(readToken(tokenFile));
  const universes = universesOf(config);
  const board = createHealthBoard(version);
  const health = (): HealthInfo => board.view(clock.nowUs());
  followHealth(connection, board, clock);
  const hub: Hub = createHub(universes.flatMap(({ instruments }) => instruments), soon(() => hub.flush()));
  const metrics = createMetrics(context, hub);
  const isLatestAlive = (): boolean => health().services.some(({ service, state }) => service === 'latest' && state !== 'lost');
  const online = await openOnlineStore({ connection, universes, url: config.cache.url, clock, context, isLatestAlive, onUnreadable: metrics.unreadable });
  const events = new Map(await Promise.all(universes.map(async ({ name }) => [name, await followModelEvents(connection, name, signal)] as const)));
  const data = await openLive({ connection, universes, storeUrl: config.store.url, hub, online, events, signal, log, health });
  const app = await createApp({ data, auth, clock, log, version, host, dashboardDir: join(ROOT, 'dashboard', 'dist'), onAnswer: metrics.answered });
  const stream = attachStream(app.server.server, { hub, guard: app.guard });
  context.report({ state: 'running', detail: await listen(app, host, port) });
  const timer = setInterval(tellChanges(hub, health), HEALTH_EVERY_MS);
  try {
    await Promise.all([followLatest(connection, hub, online.keep, signal, log, metrics.unreadable), online.run(signal)]);
  } finally {
    clearInterval(timer);
    stream.close();
    await app.server.close();
    await data.close();
    await online.close();
  }
}

/** Resolves with the address for people. */
async function listen({ server }: App, host: string, port: number): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw new RefusedError(`cannot listen on ${host} port ${port}: ${messageOf(error)}`, 'Choose another port with `./foretick up --port N`.', { cause: error });
  }
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.server.address() as AddressInfo).port}`;
}

/** Does `work` once after the messages at hand were taken, however often it is asked to. */
function soon(work: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      work();
    });
  };
}

function tellChanges(hub: Hub, health: () => HealthInfo): () => void {
  let told: HealthInfo | null = null;
  return () => {
    const now = health();
    if (told !== null && sameHealth(told, now)) return;
    told = now;
    hub.setHealth(now);
  };
}

function createMetrics({ metrics }: ServiceContext, hub: Hub) {
  const requests = new Counter({ name: 'foretick_gateway_requests_total', help: 'Answered HTTP requests', labelNames: ['route', 'status'], registers: [metrics] });
  const unreadable = new Counter({ name: 'foretick_gateway_unreadable_total', help: 'Messages of LATEST and FEATURES, and values of the cache, that could not be read', registers: [metrics] });
  new Gauge({ name: 'foretick_gateway_readers', help: 'Connected WebSocket readers', registers: [metrics], collect() { this.set(hub.size); } });
  return { answered: (route: string, status: number) => requests.inc({ route, status: String(status) }), unreadable: () => unreadable.inc() };
}
