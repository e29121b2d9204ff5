/** ONNX files and cards for tests: a sound linear one, and whatever a test does to it. */
import { createHash } from 'node:crypto';
import onnxProto from 'onnx-proto';
import type { ModelCard } from '../registry/card.ts';

export const { onnx } = onnxProto;
export type Model = onnxProto.onnx.ModelProto;

const FLOAT = 1;

export const tensorInfo = (name: string, dims: readonly (string | number)[]): onnxProto.onnx.IValueInfoProto => ({
  name, type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) } } },
});
export const floats = (name: string, dims: readonly number[], values: readonly number[]): onnxProto.onnx.ITensorProto => ({
  name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(Float32Array.from(values).buffer),
});

/** ret_bps = X · W, W features × horizons, row-major. `change` may spoil the model before it is encoded. */
export function linearModel(weights: readonly (readonly number[])[], change: (model: Model) => void = () => undefined): Uint8Array {
  const [features, horizons] = [weights.length, weights[0]!.length];
  const model = onnx.ModelProto.create({
    irVersion: 8, opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'linear', node: [{ opType: 'MatMul', name: 'matmul', input: ['X', 'W'], output: ['ret_bps'] }],
      initializer: [floats('W', [features, horizons], weights.flat())], input: [tensorInfo('X', ['N', features])], output: [tensorInfo('ret_bps', ['N', horizons])],
    },
  });
  change(model);
  return onnx.ModelProto.encode(model).finish();
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function cardFor(bytes: Uint8Array, features: number, horizonsMs: readonly number[], change: Partial<ModelCard> = {}): ModelCard {
  return {
    v: 1, model: `other-${sha256(bytes).slice(0, 12)}`, sha256: sha256(bytes), universe: 'main', features: Array.from({ length: features }, (_, i) => `f${i}`), schema: 'test',
    horizons: horizonsMs.map((horizonMs) => ({ horizonMs, family: 'other', residualQuantiles: [] })), scaleFeature: 'f0', scaleFloorBps: 0.02,
    trained: { fromTs: 0, toTs: 0, rows: 0, frames: 0, symbols: [] }, metrics: [], versions: {}, ...change,
  };
}
