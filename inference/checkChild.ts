/**
 * The child of check.ts: reads a model file from stdin, looks at its structure, loads it, runs it on batches of several
 * sizes (zeros, ones, NaN), and says on stdout what it found. A thread of its own watches
 * memory and whether the parent lives, because a native call that eats or hangs lets no timer of this one run.
 */
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { RefusedError } from '../runtime/errors.ts';
import type { CheckRequest, Verdict } from './check.ts';
import { openSession } from './runtime.ts';
import { refuseWrongStructure } from './structure.ts';

const WATCH_EVERY_MS = 10;
/** A model whose graph holds a number of rows runs on that number alone. */
const BATCHES = [3, 1, 7];

const request = JSON.parse(process.argv[2]!) as CheckRequest;
const watch = new Worker(
  `const { memoryBytes, parentPid, everyMs } = require('node:worker_threads').workerData;
   setInterval(() => { if (process.memoryUsage.rss() > memoryBytes || process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL'); }, everyMs);`,
  { eval: true, workerData: { memoryBytes: request.memoryBytes, parentPid: request.parentPid, everyMs: WATCH_EVERY_MS } },
);
const verdict = await judge(await buffer(process.stdin));
process.stdout.write(JSON.stringify(verdict), () => void watch.terminate().then(() => process.exit(0)));

async function judge(onnx: Uint8Array): Promise<Verdict> {
  try {
    refuseWrongStructure(onnx, request);
    const session = await openSession(onnx, request.features, request.horizons);
    for (const n of BATCHES) {
      const rows = Float32Array.from({ length: n * request.features }, (_, i) => [0, 1, NaN][Math.floor(i / request.features) % 3]!);
      await session.predict(rows, n);
    }
    return { ok: true };
  } catch (error) {
    if (error instanceof RefusedError) return { ok: false, why: error.message, hint: error.hint };
    throw error;
  }
}
