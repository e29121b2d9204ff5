/**
 * Bad networks change the time and nothing else: a recording runs undisturbed, then again with every service's link to
 * NATS and the link to the cache through a real toxiproxy, seeded toxics in turn. The sums are the same.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, sumsOf } from '../../cli/chaos/chaos.ts';
import type { Pipeline } from '../../cli/chaos/pipeline.ts';
import { servicesOf } from '../../cli/pipeline.ts';
import { createRandom, type Random } from '../../quant/random.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../support/natsServer.ts';
import { readState, sleep, until } from '../support/pipeline.ts';
import { recording } from '../support/recordings.ts';
import { type RedisServer, redisServerPath, startRedisServer } from '../support/redis.ts';
import { type Link, startToxiproxy, type Toxic, type Toxiproxy, toxiproxyPath } from '../support/toxiproxy.ts';

const full = Boolean(process.env['FORETICK_FULL']);
const SEEDS = full ? [1, 2, 3, 4, 5] : [1];
const SPEED = full ? '3' : '20';
const ROUNDS = full ? 10 : 1;
const DOWN = 'down';
/** Some of these lose what was under way, some cut the connection, some only slow it down. */
const TOXICS: readonly (Toxic | typeof DOWN)[] = [
  { type: 'latency', attributes: { latency: 40, jitter: 30 } },
  { type: 'reset_peer', attributes: { timeout: 20 } },
  { type: 'slicer', attributes: { average_size: 400, size_variation: 300, delay: 100 } },
  { type: 'timeout', attributes: { timeout: 300 } },
  { type: 'bandwidth', attributes: { rate: 500 } },
  { type: 'timeout', attributes: { timeout: 0 } },
  DOWN,
];
const BAD_MS = { least: 200, most: 1_200 };
const GOOD_MS = { least: 50, most: 300 };

const portOf = (url: string): number => Number(new URL(url).port);
const between = ({ least, most }: typeof BAD_MS, random: Random): number => least + random.next() * (most - least);

/** Rounds of all toxics in a seeded order, each in one direction or both. Returns what was done before the pipeline ended. */
async function disturb(pipeline: Pipeline, link: Link, random: Random): Promise<string[]> {
  const done: string[] = [];
  for (let round = 0; round < ROUNDS && pipeline.isUp(); round++) {
    for (const toxic of TOXICS.toSorted(() => random.next() - 0.5)) {
      await sleep(between(GOOD_MS, random));
      if (!pipeline.isUp()) break;
      done.push(toxic === DOWN ? DOWN : toxic.type);
      if (toxic === DOWN) await link.setUp(false);
      else await link.poison(toxic, ([['upstream'], ['downstream'], ['upstream', 'downstream']] as const)[Math.floor(random.next() * 3)]);
      await sleep(between(BAD_MS, random));
      await (toxic === DOWN ? link.setUp(true) : link.cure());
    }
  }
  return done;
}

const source = recording('binance-usdm');

describe.skipIf(source === null || natsServerPath() === null || toxiproxyPath() === null || redisServerPath() === null)('a pipeline on a bad network', () => {
  const root = mkdtempSync(join(tmpdir(), 'foretick-network-'));
  let server: NatsServer;
  let redis: RedisServer;
  let proxy: Toxiproxy;
  let undisturbed: Record<string, string>;
  const options = { source: `recording:${source}`, limitMs: 250_000 };

  beforeAll(async () => {
    const data = join(root, 'calm');
    undisturbed = await sumsOf(await run(data, { ...options, speed: 'max' }, async () => undefined), data);
  }, 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each(SEEDS)('gives the sums of the undisturbed run, seed %i', async (seed) => {
    [server, redis, proxy] = await Promise.all([startNatsServer(), startRedisServer(), startToxiproxy(seed)]);
    try {
      const data = join(root, `seed-${seed}`);
      const [nats, cache] = [await proxy.link('nats', portOf(server.url)), await proxy.link('redis', portOf(redis.url))];
      const more = ['--nats', `nats://127.0.0.1:${nats.port}`, '--cache', `redis://127.0.0.1:${cache.port}`];
      let toxics: string[] = [];
      const summary = await run(data, { ...options, speed: SPEED, more }, async (pipeline) => {
        await until('services', () => !pipeline.isUp() || (readState(data)?.children.length ?? 0) >= servicesOf({ workers: 0 }).length);
        toxics = (await Promise.all([disturb(pipeline, nats, createRandom(seed)), disturb(pipeline, cache, createRandom(seed + 1_000))]))[0]!;
      });
      expect(toxics.length, 'the run was over before every toxic was tried').toBe(ROUNDS * TOXICS.length);
      expect(await sumsOf(summary, data)).toEqual(undisturbed);
    } finally {
      await Promise.all([server.stop(), redis.stop(), proxy.stop()]);
    }
  }, 300_000);
});
