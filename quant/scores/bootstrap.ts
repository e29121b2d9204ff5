/**
 * Block bootstrap of skill (Künsch 1989, with non-overlapping blocks as in Carlstein 1986): whole blocks are drawn with replacement, the ratio of sums
 * is taken, and its 2.5 % and 97.5 % quantiles are the interval. Seeded by the caller, so equal inputs give equal numbers.
 */
import { createRandom } from '../random.ts';

const DRAWS = 400;

/** Which blocks each of the draws takes: the same for all rows with that many blocks, and making them is most of the work. */
export function drawBlocks(blocks: number, seed: number): Uint16Array {
  const random = createRandom(seed);
  return Uint16Array.from({ length: DRAWS * blocks }, () => Math.floor(random.next() * blocks));
}

/** `e2s` and `e02s`: the sums of each block; `drawn` of as many blocks. */
export function skillInterval(e2s: Float64Array, e02s: Float64Array, drawn: Uint16Array): { lo: number; hi: number } {
  const skills = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    let e2 = 0;
    let e02 = 0;
    for (let i = draw * e2s.length; i < (draw + 1) * e2s.length; i++) {
      const block = drawn[i]!;
      e2 += e2s[block]!;
      e02 += e02s[block]!;
    }
    skills[draw] = e02 > 0 ? 1 - e2 / e02 : 0;
  }
  skills.sort();
  return { lo: skills[Math.floor(0.025 * DRAWS)]!, hi: skills[Math.ceil(0.975 * DRAWS) - 1]! };
}
