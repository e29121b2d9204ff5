/**
 * Sums over judged predictions, in blocks of known time: what the bootstrap draws from. One array holds all blocks of an
 * entry: an object each would be some 200,000 of them at 500 symbols, in memory and in every snapshot.
 *
 * There are at most MAX_BLOCKS; beyond that neighbours are merged and blocks are twice as long. State is plain data.
 */
const MAX_BLOCKS = 256;
/** Blocks that the array grows by. */
const GROWTH = 32;
const MIN_BLOCK_US = 5_000_000;

/** e: realised − predicted; e0: realised; f: forecast; y: realised. */
export interface Sums { e2: number; e02: number; fy: number; f2: number; intervalScore: number }
/** `numbers`: of each block its index (time ÷ length) and the sums, as they stand in WIDTH places. */
export interface Blocks { lengthUs: number; count: number; numbers: Float64Array }

const WIDTH = 6;
const PLACE = { index: 0, e2: 1, e02: 2, fy: 3, f2: 4, intervalScore: 5 } as const;

/** Overlapping returns are not independent, so a block is at least two horizons long. */
export const emptyBlocks = (horizonMs: number): Blocks => ({ lengthUs: Math.max(MIN_BLOCK_US, 2 * horizonMs * 1_000), count: 0, numbers: new Float64Array(0) });

/** To the block of this time, the newest one in a stream that moves forward. */
export function addToBlocks(blocks: Blocks, ts: number, sums: Sums): void {
  const index = Math.floor(ts / blocks.lengthUs);
  if (blocks.count === 0 || blocks.numbers[(blocks.count - 1) * WIDTH] !== index) append(blocks, index);
  const at = (blocks.count - 1) * WIDTH;
  blocks.numbers[at + PLACE.e2]! += sums.e2;
  blocks.numbers[at + PLACE.e02]! += sums.e02;
  blocks.numbers[at + PLACE.fy]! += sums.fy;
  blocks.numbers[at + PLACE.f2]! += sums.f2;
  blocks.numbers[at + PLACE.intervalScore]! += sums.intervalScore;
}

export const columnOf = ({ count, numbers }: Blocks, name: keyof Sums): Float64Array => Float64Array.from({ length: count }, (_, i) => numbers[i * WIDTH + PLACE[name]]!);

export function totalOf({ count, numbers }: Blocks): Sums {
  const total: Sums = { e2: 0, e02: 0, fy: 0, f2: 0, intervalScore: 0 };
  for (let at = 0; at < count * WIDTH; at += WIDTH) {
    total.e2 += numbers[at + PLACE.e2]!;
    total.e02 += numbers[at + PLACE.e02]!;
    total.fy += numbers[at + PLACE.fy]!;
    total.f2 += numbers[at + PLACE.f2]!;
    total.intervalScore += numbers[at + PLACE.intervalScore]!;
  }
  return total;
}

function append(blocks: Blocks, index: number): void {
  if (blocks.numbers.length < (blocks.count + 1) * WIDTH) {
    const larger = new Float64Array((blocks.count + GROWTH) * WIDTH);
    larger.set(blocks.numbers);
    blocks.numbers = larger;
  }
  open(blocks, index);
  if (blocks.count > MAX_BLOCKS) mergeNeighbours(blocks);
}

/** The array may hold what was merged away. */
function open(blocks: Blocks, index: number): void {
  const at = blocks.count * WIDTH;
  blocks.numbers.fill(0, at, at + WIDTH);
  blocks.numbers[at] = index;
  blocks.count += 1;
}

function mergeNeighbours(blocks: Blocks): void {
  const { numbers, count } = blocks;
  blocks.count = 0;
  for (let from = 0; from < count * WIDTH; from += WIDTH) {
    const block = numbers.slice(from, from + WIDTH);
    const half = Math.floor(block[PLACE.index]! / 2);
    if (blocks.count === 0 || numbers[(blocks.count - 1) * WIDTH] !== half) open(blocks, half);
    const to = (blocks.count - 1) * WIDTH;
    for (let place = PLACE.e2; place < WIDTH; place++) numbers[to + place]! += block[place]!;
  }
  blocks.lengthUs *= 2;
}
