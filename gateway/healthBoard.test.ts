import { expect, test } from 'vitest';
import { createHealthBoard, LOST_AFTER_US, sameHealth } from './healthBoard.ts';

const report = (service: string, state = 'running') => ({ service, state, detail: '', cursors: { FEATURES: 3 }, pid: 7, metricsUrl: 'http://127.0.0.1:1/metrics' });

test('a service says how it is; silence makes it lost', () => {
  const board = createHealthBoard('1');
  expect(board.view(0)).toEqual({ ok: false, version: '1', services: [] });
  board.take(report('features'), 0);
  board.take(report('inference', 'waiting'), 5_000_000);
  expect(board.view(5_000_000)).toMatchObject({ ok: true, services: [{ service: 'features', state: 'running', ageSeconds: 5 }, { service: 'inference', state: 'waiting', ageSeconds: 0 }] });
  expect(board.view(LOST_AFTER_US)).toMatchObject({ ok: false, services: [{ service: 'features', state: 'lost', ageSeconds: 10 }, { state: 'waiting' }] });
  board.take(report('features'), LOST_AFTER_US);
  expect(board.view(LOST_AFTER_US).ok).toBe(true);
});

test('one that was leaving when it fell silent is gone, not lost; one that comes back is there', () => {
  const board = createHealthBoard('1');
  board.take(report('features'), LOST_AFTER_US);
  board.take(report('worker-host-7', 'draining'), 0);
  expect(board.view(LOST_AFTER_US - 1)).toMatchObject({ ok: false, services: [{ service: 'features' }, { service: 'worker-host-7', state: 'draining' }] });
  expect(board.view(LOST_AFTER_US)).toMatchObject({ ok: true, services: [{ service: 'features' }] });
  expect(board.view(LOST_AFTER_US).services).toHaveLength(1);
  board.take(report('worker-host-7'), LOST_AFTER_US);
  expect(board.view(LOST_AFTER_US).services).toHaveLength(2);
});

test('where there is no room, the one that has been silent for longest makes it; never one that lives', () => {
  const board = createHealthBoard('1');
  for (let i = 0; i < 256; i++) board.take(report(`s${i}`), i === 9 ? 0 : 1);
  expect(board.take(report('new'), LOST_AFTER_US - 1)).toBe(false);
  expect(board.take(report('new'), LOST_AFTER_US)).toBe(true);
  const names = board.view(LOST_AFTER_US).services.map(({ service }) => service);
  expect(names).toContain('new');
  expect(names).not.toContain('s9');
  expect(names).toHaveLength(256);
});

test('counts are shown as they were told, none where there are none', () => {
  const board = createHealthBoard('1');
  board.take({ ...report('source'), counts: { trades: 7, 'dropped: malformed': 2 } }, 0);
  board.take(report('features'), 0);
  expect(board.view(0).services.map(({ counts }) => counts)).toEqual([{}, { trades: 7, 'dropped: malformed': 2 }]);
});

test('what isn\'t a report is not taken, and names don\'t pile up', () => {
  const board = createHealthBoard('1');
  for (const wrong of [null, 7, {}, { ...report('a'), state: 'happy' }, { ...report('a'), cursors: { x: 'y' } }, { ...report(''), service: '' }]) expect(board.take(wrong, 0)).toBe(false);
  for (let i = 0; i < 300; i++) board.take(report(`s${i}`), 0);
  expect(board.view(0).services.length).toBe(256);
});

test('a view differs when something but an age does', () => {
  const board = createHealthBoard('1');
  board.take(report('a'), 0);
  const before = board.view(0);
  expect(sameHealth(before, board.view(2_000_000))).toBe(true);
  board.take({ ...report('a'), detail: 'waiting for 4 more minutes of history' }, 2_000_000);
  expect(sameHealth(before, board.view(2_000_000))).toBe(false);
});
