/** A learner on top of the microprice rule: rule + volatility × learner(features), the learner fitted on the rule's scaled residuals. */
import { MICROPRICE_FEATURE, SCALE_FEATURE, SCALE_FLOOR_BPS, type Samples } from '../dataset.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import type { Family, FamilyName, Fitted } from './family.ts';
import { fittedMicroprice, micropriceSlope } from './microprice.ts';

/** Scaled residuals beyond this many volatilities count as this many: jumps teach direction, not size. */
const WINSOR = 6;

export interface Learner {
  /** Scaled forecasts of rows of all features. */
  predict(rows: Float32Array, n: number): Float64Array;
  toOnnx(graph: GraphBuilder): string;
  edgeRows(width: number): Float32Array;
  release(): void;
}
export type FitLearner = (samples: Samples, which: Uint32Array, target: Float64Array, columns: readonly number[]) => Learner;

export const stacked = (name: FamilyName, fitLearner: FitLearner): Family => ({
  name,
  fit(samples, which): Fitted {
    const { frames } = samples;
    const mpColumn = frames.features.indexOf(MICROPRICE_FEATURE);
    const scaleColumn = frames.features.indexOf(SCALE_FEATURE);
    const columns = frames.directional.flatMap((directional, i) => (directional ? [i] : []));
    const slope = micropriceSlope(samples, which);
    const target = Float64Array.from(which, (i) => {
      const deviation = frames.rows[samples.offset[i]! + mpColumn]!;
      const left = (samples.labelBps[i]! - slope * (Number.isNaN(deviation) ? 0 : deviation)) / samples.scale[i]!;
      return Math.max(-WINSOR, Math.min(WINSOR, left));
    });
    const rule = fittedMicroprice(mpColumn, slope);
    const learner = fitLearner(samples, which, target, columns);
    return {
      predict(rows, n) {
        const width = rows.length / n;
        const base = rule.predict(rows, n);
        const extra = learner.predict(rows, n);
        return base.map((value, r) => {
          const scale = rows[r * width + scaleColumn]!;
          return value + extra[r]! * Math.max(Number.isNaN(scale) ? SCALE_FLOOR_BPS : scale, SCALE_FLOOR_BPS);
        });
      },
      toOnnx(graph) {
        const scale = graph.node('Max', [graph.nanTo(graph.column(scaleColumn), SCALE_FLOOR_BPS), graph.scalar(SCALE_FLOOR_BPS)]);
        return graph.node('Add', [rule.toOnnx(graph), graph.node('Mul', [learner.toOnnx(graph), scale])]);
      },
      edgeRows: learner.edgeRows,
      release: learner.release,
    };
  },
});
