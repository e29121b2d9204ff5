import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, readLines } from './lines.ts';

async function* chunksOf(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function linesOf(text: string, chunkSize: number, maxBytes: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const batch of readLines(chunksOf(text, chunkSize), maxBytes)) lines.push(...batch);
  return lines;
}

describe('readLines', () => {
  it('numbers lines, takes a last one without a line feed, and keeps carriage returns off', async () => {
    expect(await linesOf('a\r\n\nbc', 2, 10)).toEqual([{ number: 1, text: 'a' }, { number: 2, text: '' }, { number: 3, text: 'bc' }]);
  });

  it('gives null for a line that is too long, and goes on after it', async () => {
    expect(await linesOf('ab\nabcdefghij\ncd\nabcdef', 3, 4)).toEqual([
      { number: 1, text: 'ab' }, { number: 2, text: null }, { number: 3, text: 'cd' }, { number: 4, text: null },
    ]);
  });

  it('does not depend on where the chunks end', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '7'), maxLength: 60 });
    await fc.assert(fc.asyncProperty(text, fc.integer({ min: 1, max: 20 }), async (all, size) => {
      const whole = await linesOf(all, 1_000, 12);
      expect(await linesOf(all, size, 12)).toEqual(whole);
      expect(whole).toHaveLength(all === '' ? 0 : all.split('\n').length - (all.endsWith('\n') ? 1 : 0));
    }), { seed: 3 });
  });
});
