/** A model event: the truth about which model serves a universe, and from which frame on. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, shallow, timestamp } from '../parse.ts';

/** Of evidence, which is passed on as it came, to readers of any language. */
const MAX_EVIDENCE_DEPTH = 8;

export const modelEventSchema = z.object({
  v: z.literal(1),
  universe: z.string().max(64),
  kind: z.enum(['registered', 'promoted', 'rolledBack', 'retired']),
  /** Model version, the name of its file and card in the registry. */
  model: z.string().max(128),
  /** Of the ONNX file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The first frame time, µs, for which this event holds. */
  fromFrame: timestamp,
  who: z.string().max(64),
  why: z.string().max(500),
  evidence: z.record(z.string().max(64), z.unknown()).refine(shallow(MAX_EVIDENCE_DEPTH), `nested more than ${MAX_EVIDENCE_DEPTH} deep`).default({}),
  /** Wall clock, µs. */
  at: timestamp,
});
export type ModelEvent = Readonly<z.infer<typeof modelEventSchema>>;

export const encodeModelEvent = (event: ModelEvent): Uint8Array => encodeJson(event);
export const parseModelEvent = (bytes: Uint8Array): ModelEvent => parseWith(modelEventSchema, decodeJson(bytes, 'model event'), 'model event');
