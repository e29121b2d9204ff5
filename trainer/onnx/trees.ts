/**
 * LightGBM's trees as a TreeEnsembleRegressor.
 *
 * 1. LightGBM compares float64: x ≤ t. ONNX compares float32. For x in float32, x ≤ t ⇔ x ≤ t₃₂ with t₃₂ the largest
 *    float32 ≤ t, so thresholds are rounded down (onnxmltools #708, #728 round to nearest, and differ at edges).
 * 2. NaN follows LightGBM's missing type: NaN → the node's default side; None → as 0; Zero → zero and NaN take the default.
 *    `Zero` isn't used by our parameters and is refused.
 * 3. LightGBM reads |x| ≤ 1e-35 as 0, so a threshold of that size is moved to where that makes no difference.
 */
import { RefusedError } from '../../runtime/errors.ts';
import type { GraphBuilder } from './graph.ts';

interface Split { readonly split_feature: number; readonly threshold: number; readonly decision_type: string; readonly default_left: boolean; readonly missing_type: string; readonly left_child: Node; readonly right_child: Node }
interface Leaf { readonly leaf_value: number }
type Node = Split | Leaf;
export type Trees = readonly Node[];

/** Of LightGBM's own JSON dump. */
export const parseTrees = (dump: unknown): Trees => (dump as { tree_info: { tree_structure: Node }[] }).tree_info.map((tree) => tree.tree_structure);

/** The largest float32 ≤ value. */
export function floor32(value: number): number {
  const rounded = Math.fround(value);
  if (rounded <= value) return rounded;
  return nextFloat32(rounded, -1);
}

/** LightGBM's kZeroThreshold, a float32. */
const ZERO = Math.fround(1e-35);

/** The float32 threshold that sends every float32 to the side on which LightGBM puts it. */
function splitThreshold(threshold: number): number {
  if (Math.abs(threshold) > ZERO) return floor32(threshold);
  return threshold < 0 ? nextFloat32(-ZERO, -1) : ZERO;
}

/** The float32 next to `value` upwards (1) or downwards (−1). */
export function nextFloat32(value: number, direction: 1 | -1): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (float[0] === 0) return direction * 2 ** -149;
  bits[0]! += (float[0]! > 0 ? 1 : -1) * direction;
  return float[0]!;
}

export function thresholdsOf(trees: Trees): { feature: number; value: number }[] {
  const found = new Map<string, { feature: number; value: number }>();
  const visit = (node: Node): void => {
    if ('leaf_value' in node) return;
    const value = splitThreshold(node.threshold);
    found.set(`${node.split_feature}:${value}`, { feature: node.split_feature, value });
    visit(node.left_child);
    visit(node.right_child);
  };
  trees.forEach(visit);
  return [...found.values()];
}

/** Adds the ensemble over `input`; the name of its [N, 1] output comes back. */
export function addTrees(graph: GraphBuilder, trees: Trees, input: string): string {
  const a = { treeids: [] as number[], nodeids: [] as number[], featureids: [] as number[], modes: [] as string[], values: [] as number[], trues: [] as number[], falses: [] as number[], missing: [] as number[] };
  const target = { treeids: [] as number[], nodeids: [] as number[], ids: [] as number[], weights: [] as number[] };
  trees.forEach((root, tree) => {
    let next = 0;
    const add = (node: Node): number => {
      const id = next++;
      const at = a.nodeids.length;
      a.treeids.push(tree);
      a.nodeids.push(id);
      const leaf = 'leaf_value' in node;
      a.featureids.push(leaf ? 0 : node.split_feature);
      a.modes.push(leaf ? 'LEAF' : 'BRANCH_LEQ');
      a.values.push(leaf ? 0 : splitThreshold(node.threshold));
      a.missing.push(leaf ? 0 : missingGoesLeft(node));
      a.trues.push(0);
      a.falses.push(0);
      if (leaf) {
        target.treeids.push(tree);
        target.nodeids.push(id);
        target.ids.push(0);
        target.weights.push(node.leaf_value);
      } else {
        a.trues[at] = add(node.left_child);
        a.falses[at] = add(node.right_child);
      }
      return id;
    };
    add(root);
  });
  return graph.node('TreeEnsembleRegressor', [input], {
    n_targets: { int: 1 }, aggregate_function: { text: 'SUM' }, post_transform: { text: 'NONE' },
    nodes_treeids: { ints: a.treeids }, nodes_nodeids: { ints: a.nodeids }, nodes_featureids: { ints: a.featureids }, nodes_modes: { texts: a.modes }, nodes_values: { floats: a.values },
    nodes_truenodeids: { ints: a.trues }, nodes_falsenodeids: { ints: a.falses }, nodes_missing_value_tracks_true: { ints: a.missing },
    target_treeids: { ints: target.treeids }, target_nodeids: { ints: target.nodeids }, target_ids: { ints: target.ids }, target_weights: { floats: target.weights },
  }, 'ai.onnx.ml');
}

function missingGoesLeft(node: Split): number {
  if (node.decision_type !== '<=') throw new RefusedError(`LightGBM: a split of type ${node.decision_type} can't be exported`);
  if (node.missing_type === 'NaN') return node.default_left ? 1 : 0;
  if (node.missing_type === 'None') return 0 <= node.threshold ? 1 : 0;
  throw new RefusedError(`LightGBM: missing type ${node.missing_type} can't be exported`);
}
