/**
 * Block bootstrap of skill (Künsch 1989, with non-overlapping blocks as in Carlstein 1986): whole blocks are drawn with replacement, the ratio of sums
 * is taken, and its 2.5 % and 97.5 % quantiles are the interval. Seeded by the caller, so equal inputs give equal numbers.
 */
import { createRandom } from '../random.ts';
import type { Sums } from './sums.ts';

const DRAWS = 400;

export function skillInterval(blocks: readonly Pick<Sums, 'e2' | 'e02'>[], seed: number): { lo: number; hi: number } {
  const random = createRandom(seed);
  const skills = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    let e2 = 0;
    let e02 = 0;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[Math.floor(random.next() * blocks.length)]!;
      e2 += block.e2;
      e02 += block.e02;
    }
    skills[draw] = e02 > 0 ? 1 - e2 / e02 : 0;
  }
  skills.sort();
  return { lo: skills[Math.floor(0.025 * DRAWS)]!, hi: skills[Math.ceil(0.975 * DRAWS) - 1]! };
}
