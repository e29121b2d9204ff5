/** A model in onnxruntime: one thread, in order, no pools that outlive it. The card's contract holds for each run, or RefusedError. */
import * as ort from 'onnxruntime-node';
import { messageOf, RefusedError } from '../runtime/errors.ts';

// Since 1.29 its builds tell Microsoft of each model and machine, and keep an identifier in the home folder. Read when the first session is made.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

export interface Session {
  /** `rows` n × features, row-major; gives n × horizons expected returns, bps. */
  predict(rows: Float32Array, n: number): Promise<Float32Array>;
  release(): Promise<void>;
}

const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential',
  // The number of rows changes with the universe, and sessions come and go: memory that is kept for reuse would only grow.
  enableCpuMemArena: false, enableMemPattern: false, logSeverityLevel: 4,
};

export async function openSession(onnx: Uint8Array, features: number, horizons: number): Promise<Session> {
  const session = await ort.InferenceSession.create(onnx, OPTIONS).catch((error: unknown) => {
    throw new RefusedError(`onnxruntime can't load the model: ${messageOf(error).slice(0, 300)}`, 'Export it again with operators of ONNX opset 17 or ai.onnx.ml 3.', { cause: error });
  });
  return {
    async predict(rows, n) {
      if (rows.length !== n * features) throw new RangeError(`${rows.length} values are not ${n} rows of ${features} features`);
      if (n === 0) return new Float32Array(0);
      const outputs = await session.run({ X: new ort.Tensor('float32', rows, [n, features]) }).catch((error: unknown) => {
        throw new RefusedError(`the model fails on a batch of ${n} rows: ${messageOf(error).slice(0, 300)}`, '', { cause: error });
      });
      const out = outputs['ret_bps'];
      const data = out?.data;
      if (!(data instanceof Float32Array) || out!.dims.length !== 2 || out!.dims[0] !== n || out!.dims[1] !== horizons) {
        throw new RefusedError(`the model gave [${String(out?.dims)}] for ${n} rows and ${horizons} horizons`, 'Its output `ret_bps` must be float32 [N, horizons].');
      }
      return data;
    },
    release: () => session.release(),
  };
}
