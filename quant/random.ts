/**
 * Seeded random numbers: sfc32, seeded through splitmix32. The same seed gives the same numbers in every process and on
 * every machine (integer arithmetic; `normal` adds Math.log and Math.sqrt, which V8 computes in software, alike everywhere).
 * Not for secrets. Sources: C. Doty-Humphrey's PractRand (sfc32); G. Steele et al. 2014 (splitmix); Marsaglia and Bray 1964 (polar method).
 */
export interface Random {
  /** Uniform on [0, 1), a multiple of 2^-32. */
  next(): number;
  /** Standard normal. */
  normal(): number;
}

const WARM_UP = 12;

/** `seed`: an integer from 0 to 2^53 − 1. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed}: not an integer from 0 to 2^53 - 1`);
  // Both halves of the seed enter both generators, so that neighbouring seeds share nothing.
  const low = splitmix32(seed >>> 0);
  const high = splitmix32(Math.floor(seed / 2 ** 32) ^ low());
  let a = low(), b = high(), c = low() ^ high(), counter = 1;
  let spare = NaN;

  const uint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) uint32();
  const next = (): number => uint32() / 2 ** 32;

  return {
    next,
    normal() {
      if (spare === spare) {
        const kept = spare;
        spare = NaN;
        return kept;
      }
      let x: number, y: number, square: number;
      do {
        x = 2 * next() - 1;
        y = 2 * next() - 1;
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    },
  };
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
