/** A small builder of ONNX graphs over onnx-proto: one input `X` [N, features], float32 throughout. Equal calls give equal bytes. */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

const FLOAT = 1;
const INT64 = 7;
const OPSET = 17;
const ML_OPSET = 3;
const IR_VERSION = 8;

export type Attribute = { readonly float: number } | { readonly int: number } | { readonly text: string } | { readonly floats: ArrayLike<number> } | { readonly ints: ArrayLike<number> } | { readonly texts: readonly string[] };

export interface GraphBuilder {
  /** Adds a node with one output; its name comes back. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, domain?: string): string;
  /** A constant. `dims` default to [1]. */
  scalar(value: number, dims?: readonly number[]): string;
  vector(values: Float32Array, dims?: readonly number[]): string;
  /** Columns of X, [N, columns.length]. */
  columns(columns: readonly number[]): string;
  column(column: number): string;
  /** `tensor` with NaN replaced. */
  nanTo(tensor: string, value: number): string;
  /** The model's bytes with `output` [N, width] as `ret_bps`. */
  finish(output: string, width: number, producer: string): Uint8Array;
}

export function createGraph(features: number): GraphBuilder {
  const nodes: onnxProto.onnx.INodeProto[] = [];
  const constants: onnxProto.onnx.ITensorProto[] = [];
  const nextName = (prefix: string): string => `${prefix}_${nodes.length + constants.length}`;

  const constant = (dataType: number, dims: readonly number[], raw: Uint8Array): string => {
    const name = nextName('c');
    constants.push({ name, dataType, dims: [...dims], rawData: raw });
    return name;
  };
  const floats = (values: Float32Array, dims: readonly number[]): string => constant(FLOAT, dims, new Uint8Array(values.slice().buffer));
  const node: GraphBuilder['node'] = (op, inputs, attributes = {}, domain = '') => {
    const output = nextName(op.toLowerCase());
    nodes.push({ opType: op, domain, name: output, input: [...inputs], output: [output], attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)) });
    return output;
  };
  const columns = (which: readonly number[]): string =>
    node('Gather', ['X', constant(INT64, [which.length], new Uint8Array(BigInt64Array.from(which, BigInt).buffer))], { axis: { int: 1 } });

  return {
    node,
    scalar: (value, dims = [1]) => floats(Float32Array.of(value), dims),
    vector: (values, dims = [1, values.length]) => floats(values, dims),
    columns,
    column: (column) => columns([column]),
    nanTo: (tensor, value) => node('Where', [node('IsNaN', [tensor]), floats(Float32Array.of(value), [1]), tensor]),
    finish(output, width, producer) {
      node('Identity', [output]);
      nodes.at(-1)!.output = ['ret_bps'];
      const model = onnx.ModelProto.create({
        irVersion: IR_VERSION, producerName: producer, opsetImport: [{ domain: '', version: OPSET }, { domain: 'ai.onnx.ml', version: ML_OPSET }],
        graph: { name: 'foretick', node: nodes, initializer: constants, input: [tensorInfo('X', features)], output: [tensorInfo('ret_bps', width)] },
      });
      return onnx.ModelProto.encode(model).finish().slice();
    },
  };
}

const tensorInfo = (name: string, width: number): onnxProto.onnx.IValueInfoProto => ({
  name, type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'N' }, { dimValue: width }] } } },
});

function attributeProto(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('int' in value) return { name, type: AttributeType.INT, i: value.int };
  if ('text' in value) return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value.text) };
  if ('floats' in value) return { name, type: AttributeType.FLOATS, floats: Array.from(value.floats) };
  if ('ints' in value) return { name, type: AttributeType.INTS, ints: Array.from(value.ints) };
  return { name, type: AttributeType.STRINGS, strings: value.texts.map((text) => new TextEncoder().encode(text)) };
}
