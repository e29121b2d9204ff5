import { afterEach, expect, test, vi } from 'vitest';
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, backoffMs, openStream, type StreamState } from './stream.ts';

test('the wait doubles to its limit and is never a fixed one', () => {
  expect([0, 1, 2].map((attempt) => backoffMs(attempt, 0))).toEqual([BACKOFF_FIRST_MS / 2, BACKOFF_FIRST_MS, BACKOFF_FIRST_MS * 2]);
  expect(backoffMs(3, 0.5)).toBeGreaterThan(backoffMs(3, 0));
  for (const attempt of [10, 1_000, Number.MAX_SAFE_INTEGER]) expect(backoffMs(attempt, 0.999)).toBeLessThanOrEqual(BACKOFF_MAX_MS);
});

/** A link that opens at once; `answers` says whether the far end is still there. */
class FakeSocket extends EventTarget {
  static answers = true;
  readonly OPEN = 1;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  constructor() {
    super();
    setTimeout(() => this.onopen?.(), 1);
  }
  send(text: string): void {
    if (FakeSocket.answers && text.includes('ping')) setTimeout(() => this.onmessage?.({ data: '{"type":"pong"}' }), 1);
  }
  close(): void {
    this.readyState = 3;
  }
}
afterEach(() => void vi.useRealTimers());

test('a half-open link is given up within 15 s; one that answers stays, however quiet the market is', async () => {
  vi.useFakeTimers();
  const states: StreamState[] = [];
  FakeSocket.answers = true;
  const stream = openStream({ baseUrl: 'http://127.0.0.1:1', instruments: ['*'], onMessage: () => undefined, onState: (state) => states.push(state), WebSocket: FakeSocket as unknown as typeof WebSocket });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(states).toEqual(['connecting', 'open']);
  FakeSocket.answers = false;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(states.slice(2)).toContain('waiting');
  stream.close();
});
