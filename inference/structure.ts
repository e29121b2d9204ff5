/**
 * What a model file may be, before any runtime sees it: self-contained ONNX with the input and output of the card's contract.
 * Pure; throws RefusedError with what is wrong. The bytes are hostile until shown otherwise, so this runs in the child of check.ts.
 */
import onnxProto from 'onnx-proto';
import { RefusedError } from '../runtime/errors.ts';

const { onnx } = onnxProto;
type Graph = onnxProto.onnx.IGraphProto;
type Tensor = onnxProto.onnx.ITensorProto;

const FLOAT = 1;
/** Operators of these sets only: others could be code of somebody else's. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
const MAX_GRAPH_DEPTH = 8;
/** At byte 4; onnxruntime would then read the file in another way than it is looked at here. */
const OTHER_FORMAT = 'ORTM';
const HINT = 'A model is one ONNX file: input `X` float32 [N, features of its card], output `ret_bps` float32 [N, horizons of its card].';

export interface Shape { readonly features: number; readonly horizons: number }

export function refuseWrongStructure(bytes: Uint8Array, expected: Shape): void {
  if (Buffer.from(bytes.subarray(4, 8)).toString('latin1') === OTHER_FORMAT) throw new RefusedError('a file of onnxruntime\'s own format', HINT);
  const model = decode(bytes);
  if (!model.graph) throw new RefusedError('not an ONNX model: it holds no graph', HINT);
  const { graph } = model;
  if (model.functions.length > 0) throw new RefusedError('the model defines functions of its own; only ONNX\'s operators are run', 'Export it with its functions inlined.');
  for (const { domain } of model.opsetImport ?? []) refuseDomain(domain);
  refuseInside(graph, 0);
  const constants = new Set((graph.initializer ?? []).map(({ name }) => name));
  const inputs = (graph.input ?? []).filter(({ name }) => !constants.has(name));
  refuseWrongTensor('input', inputs, 'X', expected.features);
  refuseWrongTensor('output', graph.output ?? [], 'ret_bps', expected.horizons);
}

function decode(bytes: Uint8Array): onnxProto.onnx.ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (error) {
    throw new RefusedError('not an ONNX file, or a truncated one', HINT, { cause: error });
  }
}

function refuseDomain(domain: string | null | undefined): void {
  if (!DOMAINS.has(domain ?? '')) throw new RefusedError(`the model uses operators of ${JSON.stringify((domain ?? '').slice(0, 60))}; only ONNX's own are run`, HINT);
}

function refuseInside(graph: Graph, depth: number): void {
  if (depth > MAX_GRAPH_DEPTH) throw new RefusedError(`the model nests graphs more than ${MAX_GRAPH_DEPTH} deep`, HINT);
  for (const tensor of graph.initializer ?? []) refuseExternal(tensor);
  for (const { values, indices } of graph.sparseInitializer ?? []) [values, indices].forEach(refuseExternal);
  for (const node of graph.node ?? []) {
    refuseDomain(node.domain);
    for (const attribute of node.attribute ?? []) {
      [attribute.t, ...(attribute.tensors ?? [])].forEach(refuseExternal);
      for (const { values, indices } of [attribute.sparseTensor, ...(attribute.sparseTensors ?? [])].filter((sparse) => !!sparse)) [values, indices].forEach(refuseExternal);
      for (const inner of [attribute.g, ...(attribute.graphs ?? [])]) if (inner) refuseInside(inner, depth + 1);
    }
  }
}

/** External data would be read from wherever on this machine the file says. */
function refuseExternal(tensor: Tensor | null | undefined): void {
  if (tensor && ((tensor.externalData?.length ?? 0) > 0 || tensor.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL)) {
    throw new RefusedError(`the model keeps ${JSON.stringify((tensor.name ?? '').slice(0, 60))} in another file; external data is not read`, 'Save the model with its data inside (onnx: save_as_external_data=False).');
  }
}

function refuseWrongTensor(kind: 'input' | 'output', found: readonly onnxProto.onnx.IValueInfoProto[], name: string, width: number): void {
  const names = found.map((tensor) => tensor.name ?? '');
  if (names.length !== 1 || names[0] !== name) throw new RefusedError(`the model's ${kind} is ${JSON.stringify(names.slice(0, 4))}; it must be one, ${JSON.stringify(name)}`, HINT);
  const type = found[0]!.type?.tensorType;
  if (type?.elemType !== FLOAT) throw new RefusedError(`${kind} ${name} is not a float32 tensor`, HINT);
  const dims = type.shape?.dim ?? [];
  const last = dims[1]?.dimParam ? null : Number(dims[1]?.dimValue ?? 0);
  if (dims.length !== 2 || (last !== null && last !== width)) {
    throw new RefusedError(`${kind} ${name} has the shape [${dims.map((dim) => dim.dimParam || String(dim.dimValue ?? '?')).join(', ')}]; the card says [N, ${width}]`, HINT);
  }
  if (!dims[0]!.dimParam && Number(dims[0]!.dimValue ?? 0) > 0) throw new RefusedError(`${kind} ${name} has a fixed number of rows; a frame may have any number`, 'Export it with a dynamic first dimension.');
}
