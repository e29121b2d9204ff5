/** The JetStream streams as data: subjects, limits, retention, what is discarded. Created by infra at start, never by a reader. */
export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  /** 0 = no limit by age. */
  readonly maxAgeHours: number;
  readonly maxMsgsPerSubject: number;
  readonly maxMsgSize: number;
}

const GIB = 1024 ** 3;
const spec = (name: string, subjects: string[], maxBytes: number, maxAgeHours: number, maxMsgsPerSubject = -1): StreamSpec => ({
  name, subjects, maxBytes, maxAgeHours, maxMsgsPerSubject, maxMsgSize: 1_000_000,
});

export const ticksStream = (feed: string): string => `TICKS-${feed}`;
export const FEATURES = 'FEATURES';
export const PREDICTIONS = 'PREDICTIONS';
export const OUTCOMES = 'OUTCOMES';
export const MODELS = 'MODELS';
export const LATEST = 'LATEST';

/** Age counts from the wall-clock time of storing, also for recordings. History beyond it is in the store. */
export const streamsFor = (feeds: readonly string[]): StreamSpec[] => [
  ...feeds.map((feed) => spec(ticksStream(feed), [`ticks.${feed}.>`, `clock.${feed}`, `status.${feed}`], 8 * GIB, 48)),
  spec(FEATURES, ['features.*'], 8 * GIB, 48),
  spec(PREDICTIONS, ['predictions.>'], 4 * GIB, 48),
  spec(OUTCOMES, ['outcomes.*', 'scores.*'], 4 * GIB, 48),
  spec(MODELS, ['models.*'], GIB / 16, 0),
  spec(LATEST, ['latest.>'], GIB / 4, 0, 1),
];

/** Object store buckets. */
export const BUCKET = { models: 'MODELFILES', snapshots: 'SNAPSHOTS' } as const;
/** The key-value bucket of champions' names. */
export const ALIASES = 'ALIASES';
/** Who works on which universe now, and the plan of the run for workers that come later. */
export const LEASES = 'LEASES';
export const RUN = 'RUN';
/** The streams that hold the buckets. */
export const BUCKET_STREAMS: readonly string[] = [...Object.values(BUCKET).map((bucket) => `OBJ_${bucket}`), `KV_${ALIASES}`, `KV_${LEASES}`, `KV_${RUN}`];

/** Header names. Headers are outside every digest. */
export const HEADER = {
  /** Sequence in the input stream of the last message that this output depends on. */
  inputSeq: 'Foretick-Input-Seq',
  /** A second input's sequence, where there are two (predictions beside frames, model events beside frames). */
  secondSeq: 'Foretick-Second-Seq',
  /** On predictions: names of the models that were refused and serve no more, percent-encoded, with commas. */
  refused: 'Foretick-Refused',
  /** Drawn anew by each writer that opens the subject or feed. */
  writer: 'Foretick-Writer',
} as const;
