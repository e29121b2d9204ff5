/** The parts of a model card that the status page shows. A card it can't read is said to be unreadable, not hidden. */
import { z } from 'zod';

const maybe = z.number().nullable();
const shownCard = z.object({
  model: z.string(),
  sha256: z.string(),
  features: z.array(z.string()),
  schema: z.string(),
  horizons: z.array(z.object({ horizonMs: z.number(), family: z.string() })),
  scaleFeature: z.string(),
  trained: z.object({ fromTs: z.number(), toTs: z.number(), rows: z.number(), frames: z.number(), symbols: z.array(z.string()) }),
  metrics: z.array(z.object({ family: z.string(), horizonMs: z.number(), skill: maybe, ic: maybe, rows: z.number(), folds: z.number(), chosen: z.boolean() })),
  versions: z.record(z.string(), z.string()),
});
export type ShownCard = z.infer<typeof shownCard>;

export function readCard(card: unknown): ShownCard | null {
  const result = shownCard.safeParse(card);
  return result.success ? result.data : null;
}

export interface MetricRow { readonly family: string; readonly cells: readonly (ShownCard['metrics'][number] | undefined)[] }
/** Metrics as a table: a row a family, a column a horizon. */
export function metricTable(card: ShownCard): { horizonsMs: number[]; rows: MetricRow[] } {
  const horizonsMs = [...new Set(card.metrics.map(({ horizonMs }) => horizonMs))].sort((a, b) => a - b);
  const families = [...new Set(card.metrics.map(({ family }) => family))];
  const rows = families.map((family) => ({
    family,
    cells: horizonsMs.map((horizonMs) => card.metrics.find((metric) => metric.family === family && metric.horizonMs === horizonMs)),
  }));
  return { horizonsMs, rows };
}
