import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { HealthChange, ProcessContext } from '../runtime/service.ts';
import { createJobContext } from './jobContext.ts';

describe('the context of a job', () => {
  it('takes its cursors back when the universe is given up: they would stand there as ever further behind', () => {
    const told: HealthChange[] = [];
    const context = { name: 'worker-1', log: console, metrics: new Registry(), report: (change: HealthChange) => void told.push(change), addMetrics: () => () => undefined } as unknown as ProcessContext;
    const job = createJobContext(context, 'features', 'alts', new AbortController().signal, () => undefined);
    job.report({ cursors: { FEATURES: 7 } });
    job.end();
    expect(told).toEqual([{ cursors: { 'features.alts/FEATURES': 7 } }, { cursors: { 'features.alts/FEATURES': null } }]);
  });
});
