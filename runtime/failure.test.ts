import { describe, expect, it } from 'vitest';
import { bytesKept } from '../tests/support/garbage.ts';
import { createFailure } from './failure.ts';

const WAITS = 20_000;
const never = (): Promise<never> => new Promise(() => undefined);

describe('a failure beside', () => {
  it('ends the wait that is under way, and every later one; the first counts', async () => {
    const failure = createFailure();
    expect(await failure.during(Promise.resolve(1))).toBe(1);
    const waiting = failure.during(never());
    failure.fail(new Error('first'));
    failure.fail(new Error('second'));
    await expect(waiting).rejects.toThrow('first');
    await expect(failure.during(Promise.reject(new Error('own')))).rejects.toThrow('first');
  });

  it('may come while nobody waits', async () => {
    const failure = createFailure();
    failure.fail(new Error('early'));
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would end the process here
    await expect(failure.during(never())).rejects.toThrow('early');
  });

  it('keeps nothing of the waits that are over', async () => {
    const failure = createFailure();
    expect(await bytesKept(WAITS, () => failure.during(Promise.resolve()))).toBeLessThan(WAITS * 50);
    failure.fail(new Error('over'));
  });
});
