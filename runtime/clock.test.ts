import { describe, expect, it } from 'vitest';
import { createNow, wallClock } from './clock.ts';

describe('the wall clock', () => {
  const setUp = () => {
    const time = { monotonicMs: 1_000_000, systemMs: 1_000_000 };
    return { time, now: createNow(() => time.monotonicMs, () => time.systemMs), pass(ms: number): void { time.monotonicMs += ms; time.systemMs += ms; } };
  };

  it('steps forward after the machine was suspended: the monotonic clock stood still', () => {
    const { time, now, pass } = setUp();
    pass(5);
    expect(now()).toBe(1_000_005_000);
    time.systemMs += 3_600_000;
    expect(now()).toBe(4_600_005_000);
    pass(0.25);
    expect(now()).toBe(4_600_005_250);
  });

  it('keeps microseconds, and doesn\'t follow a clock that is merely coarse or slewed', () => {
    const { time, now } = setUp();
    time.monotonicMs += 0.1234;
    expect(now()).toBe(1_000_000_123);
    time.systemMs += 90;
    expect(now()).toBe(1_000_000_123);
  });

  it('never goes back when the system\'s clock is set back', () => {
    const { time, now, pass } = setUp();
    time.systemMs -= 60_000;
    const before = now();
    pass(1);
    expect(now()).toBe(before + 1_000);
    time.systemMs += 120_000;
    expect(now()).toBe(time.systemMs * 1_000);
  });

  it('is that of the system', () => {
    expect(Math.abs(wallClock.nowUs() / 1_000 - Date.now())).toBeLessThan(1_000);
  });
});
