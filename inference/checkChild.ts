/**
 * The child of check.ts: reads a model file from stdin, looks at its structure, loads it, runs it on batches of several
 * sizes (zeros, ones, NaN), and says on stdout what it found.
 */
import { buffer } from 'node:stream/consumers';
import { RefusedError } from '../runtime/errors.ts';
import { watchThisProcess } from '../runtime/watchdog.ts';
import type { CheckRequest, Verdict } from './check.ts';
import { openSession } from './runtime.ts';
import { refuseWrongStructure } from './structure.ts';

/** A model whose graph holds a number of rows runs on that number alone. */
const BATCHES = [3, 1, 7];

const request = JSON.parse(process.argv[2]!) as CheckRequest;
const watch = watchThisProcess(request);
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
