import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTerminal } from './terminal.ts';

/** A terminal whose time is the test's. */
function setUp(isTTY: boolean) {
  const out = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  let text = '';
  out.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  return { terminal: createTerminal(out as unknown as NodeJS.WriteStream, () => Date.now()), said: () => text };
}
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }));
afterEach(() => void vi.useRealTimers());
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('terminal', () => {
  it('says a quick step once, when it is done', async () => {
    const { terminal, said } = setUp(false);
    const step = terminal.step('quick', () => after(1_500));
    await vi.advanceTimersByTimeAsync(1_500);
    await step;
    expect(said().trim().replace(/ +/g, ' ')).toBe('quick 1.5 s');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said().split('\n')).toHaveLength(2);
  });
  it('shows progress of one that takes over two seconds, and every ten', async () => {
    const { terminal, said } = setUp(false);
    const step = terminal.step('slow', () => after(25_000));
    await vi.advanceTimersByTimeAsync(25_000);
    await step;
    expect(said().trim().split('\n').map((line) => line.trim().replace(/ +/g, ' '))).toEqual(['slow… 2 s', 'slow… 12 s', 'slow… 22 s', 'slow 25.0 s']);
  });
  it('ends its timers when a step fails', async () => {
    const { terminal } = setUp(false);
    await expect(terminal.step('bad', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });
  it('keeps one status line on a terminal, clears it before other lines, and cuts it to the width', () => {
    const { terminal, said } = setUp(true);
    terminal.status('a status that is longer than the terminal is wide');
    terminal.line('next');
    terminal.line('last');
    expect(said()).toBe('\r\x1b[Ka status that is lo\r\x1b[Knext\nlast\n');
  });
  it('says a status at most every ten seconds elsewhere', () => {
    const { terminal, said } = setUp(false);
    for (let i = 0; i < 25; i++) {
      terminal.status(`at ${i}`);
      vi.advanceTimersByTime(1_000);
    }
    expect(said()).toBe('at 0\nat 10\nat 20\n');
  });
});
