import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import type { FrameEngine } from '../../quant/frames/engine.ts';
import { type Sequenced, toFrames } from './frames.ts';

it("passes an engine's error on at once, instead of throwing it later where nobody knows it", () => {
  const broken: FrameEngine = { slots: 0, push: () => { throw new RangeError('broken'); }, snapshot: () => new Float64Array(0), restore: () => undefined };
  const input = new Subject<Sequenced>();
  const errors: unknown[] = [];
  input.pipe(toFrames(broken)).subscribe({ error: (error) => errors.push(error) });
  input.next({ seq: 1, message: { v: 1, type: 'clock', tsInit: 1 } });
  expect(errors).toEqual([new RangeError('broken')]);
});
