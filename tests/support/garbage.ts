/** What is still held: for tests that nothing outlives its use. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heldBytes = async (): Promise<number> => {
  await new Promise((resolve) => setImmediate(resolve)); // some things are let go at the end of a turn
  collect();
  return process.memoryUsage().heapUsed;
};

/** Bytes that the heap holds more after `times` times of `work` than before, once all that nobody holds is collected. */
export async function bytesKept(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const before = await heldBytes();
  for (let i = 0; i < times; i++) await work();
  return (await heldBytes()) - before;
}
