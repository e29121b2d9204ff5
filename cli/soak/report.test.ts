/** A planted leak is found and named, a flat noisy series isn't accused, falling behind and restarts are told, disk is no leak. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../quant/random.ts';
import { LEAST_MINUTES, reportOf } from './report.ts';
import type { Sample, ServiceSample } from './sample.ts';
import { soakText } from './text.ts';

const RATE = 1_000;
const EVERY_S = 5;

interface Plan { readonly minutes?: number; readonly leakMbPerHour?: number; readonly ticksPerSecond?: number; readonly behind?: number; readonly restarts?: number }

function samplesOf({ minutes = 60, leakMbPerHour = 0, ticksPerSecond = RATE, behind = 0, restarts = 0 }: Plan): Sample[] {
  const random = createRandom(3);
  return Array.from({ length: (minutes * 60) / EVERY_S + 1 }, (_, i) => {
    const atS = i * EVERY_S;
    const service = (mb: number): ServiceSample => ({ rssBytes: mb * 1e6, cpuSeconds: atS * 0.25, restarts: 0, heapBytes: 20e6, externalBytes: 5e6, loopLagMs: 11, cursors: { TICKS: 1_200 * atS } });
    return {
      atS, ticks: ticksPerSecond * atS,
      services: {
        // Quick growth while it warms up, then noise around a level.
        steady: service(100 + 60 * (1 - Math.exp(-atS / 100)) + 2 * random.normal()),
        suspect: { ...service(100 + random.normal() + (leakMbPerHour * atS) / 3_600), restarts: atS > 1_800 ? restarts : 0, cursors: { TICKS: 1_200 * (atS - behind) } },
        'nats-server': { ...service(60), heapBytes: null, externalBytes: null, loopLagMs: null, cursors: {} },
      },
      streams: { TICKS: { lastSeq: 1_200 * atS, bytes: 200_000 * atS } }, storeBytes: 100_000 * atS,
    };
  });
}
const report = (plan: Plan) => reportOf(samplesOf(plan), RATE);
const suspect = (plan: Plan) => report(plan).services.find(({ name }) => name === 'suspect')!;

describe('a soak\'s report', () => {
  it('has nothing to say against a flat run, whatever grows on disk', () => {
    const calm = report({});
    expect(calm.problems).toEqual([]);
    expect(calm.services.map(({ rss }) => [rss?.verdict, rss?.certain])).toEqual(Array(3).fill(['flat', true]));
    expect(calm).toMatchObject({ keptUp: true, ticksPerSecond: { measured: RATE }, minutes: 60, warmUpMinutes: 12 });
    expect(calm.disk).toEqual([{ what: 'TICKS', mb: 720, mbPerHour: 720 }, { what: 'store', mb: 360, mbPerHour: 360 }]);
    expect(calm.services[0]).toMatchObject({ cpuPercent: 25, loopLagMostMs: 11, behindMostS: 0, restarts: 0 });
    expect(soakText(calm)).toMatch(/nothing grows$/);
  });

  it('finds a planted leak and names it', () => {
    expect(suspect({ leakMbPerHour: 30 }).rss).toMatchObject({ verdict: 'grows', certain: true, mbPerHour: expect.closeTo(30, 0) as number });
    expect(report({ leakMbPerHour: 30 }).problems).toEqual([expect.stringMatching(/^suspect grows by [\d.]+ MB an hour/)]);
    expect(soakText(report({ leakMbPerHour: 30 }))).toMatch(/^suspect +30\.\d \[.*grows /m);
  });

  it('says that the pipeline ended by itself, and which service was gone at the end', () => {
    expect(reportOf(samplesOf({}), RATE, 'FATAL recorder: damaged').problems).toEqual(['the pipeline ended by itself after 60 minutes: FATAL recorder: damaged']);
    const samples = samplesOf({});
    const { suspect: _, ...others } = samples.at(-1)!.services;
    expect(reportOf([...samples.slice(0, -1), { ...samples.at(-1)!, services: others }], RATE).problems).toEqual(['suspect was not there at the last look']);
  });

  it('lets a slope below the bound pass, though it is no accident', () => {
    const { rss } = suspect({ leakMbPerHour: 4 });
    expect(rss!.lo).toBeGreaterThan(0);
    expect(rss).toMatchObject({ verdict: 'flat', certain: true });
  });

  it('gives no verdict on a run that is too short, and no slope on a handful of samples', () => {
    expect(suspect({ minutes: LEAST_MINUTES - 1, leakMbPerHour: 1_000 }).rss!.verdict).toBe('too short');
    expect(suspect({ minutes: 1 }).rss).toBeNull();
    expect(report({ minutes: 1 }).problems).toEqual([expect.stringContaining('too few')]);
    expect(reportOf([], RATE)).toMatchObject({ samples: 0, services: [], keptUp: false });
  });

  it('tells of a rate that was not reached, of services that fall behind, and of restarts', () => {
    expect(report({ ticksPerSecond: 900 })).toMatchObject({ keptUp: false, problems: ['900 ticks/s were reached, 1000 were wanted'] });
    expect(report({ behind: 8 })).toMatchObject({ keptUp: false, problems: ['suspect was 8 s behind at the end'] });
    expect(report({ restarts: 2 }).problems).toEqual(['suspect was restarted 2 times']);
  });
});
