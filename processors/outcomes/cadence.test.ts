import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../streams/messages/outcome.ts';
import { advance, newCadence, scoresDue } from './cadence.ts';

const outcome = (model: string | null): Outcome => ({ v: 1, universe: 'u', frameTs: 0, symbols: [], matured: model === null ? [] : [{ horizonMs: 1, predictedTs: 0, model, role: 'champion', late: false, realisedBps: [], retBps: [], loBps: [], hiBps: [], pUp: [], errBps: [], covered: [], naiveErrBps: [] }] });

describe('the cadence of scores', () => {
  it('is 60 frames, and 10 while a model is young', () => {
    const cadence = newCadence();
    const due: number[] = [];
    for (let i = 1; i <= 500; i++) {
      advance(cadence, outcome(i < 100 ? null : i < 400 ? 'a' : 'b'));
      if (scoresDue(cadence)) due.push(i);
    }
    expect(due).toEqual([60, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 210, 240, 300, 360, 400, 410, 420, 430, 440, 450, 460, 470, 480, 490, 500]);
  });
});
