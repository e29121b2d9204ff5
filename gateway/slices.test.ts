import { expect, test } from 'vitest';
import { turnsDuring } from '../tests/support/turns.ts';
import { encodeInSlices, mapInSlices } from './slices.ts';

const rowsOf = (n: number) => Array.from({ length: n }, (_, i) => ({ i, text: `"${i}"`, nothing: i % 2 === 0 ? null : undefined }));

test.each([0, 1, 499, 500, 501, 1_700])('%i rows are encoded as JSON.stringify does, and mapped as map does', async (n) => {
  expect(await encodeInSlices(rowsOf(n))).toBe(JSON.stringify(rowsOf(n)));
  expect(await mapInSlices(rowsOf(n), ({ i }) => i)).toEqual(rowsOf(n).map(({ i }) => i));
});

test('others get their turn while 10,000 rows are worked through', async () => {
  expect(await turnsDuring(() => encodeInSlices(rowsOf(10_000)))).toBeGreaterThanOrEqual(19);
  expect(await turnsDuring(() => mapInSlices(rowsOf(10_000), ({ i }) => i))).toBeGreaterThanOrEqual(19);
  expect(await turnsDuring(() => mapInSlices(rowsOf(1_000), ({ i }) => i, 50))).toBeGreaterThanOrEqual(19);
});
