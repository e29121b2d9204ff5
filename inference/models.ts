/**
 * Loaded models, at most a few, checked before they are used. A model that can't serve these frames is refused once and
 * remembered as refused, across restarts too: each prediction names the refused ones (refusals.ts), and the last one's are given here.
 *
 * A check that takes too long, or is ended from outside, is no refusal until it was so MAX_TRIES times: a busy machine isn't the model's fault. Live, the
 * frames between two tries have no model; in virtual time they wait, so that the same frames have one however busy the machine is.
 */
import type { ModelCard } from '../registry/card.ts';
import { fetchModel, type ObjectStore } from '../registry/registry.ts';
import { messageOf, RefusedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { CheckUndecided } from './check.ts';
import { loadSession } from './session.ts';

/** Sessions kept: the champion, and the one before it for a rollback. */
const MAX_LOADED = 2;
/** The oldest is forgotten, and would be checked anew. */
const MAX_REFUSED = 16;
const MAX_CARDS = 100;
const MAX_TRIES = 5;
/** Live, between two tries. Each holds up the frames for as long as a check may take. */
const FRAMES_BETWEEN_TRIES = 60;

export interface LoadedModel { readonly card: ModelCard; readonly session: Awaited<ReturnType<typeof loadSession>> }

export interface ModelsOptions {
  /** The features that frames have. */
  readonly names: readonly string[];
  readonly log: Log;
  readonly refusedBefore: readonly string[];
  /** Frames wait. */
  readonly virtual: boolean;
  readonly signal: AbortSignal;
  /** From file and card to a session; the simulation's models need no onnxruntime. */
  readonly openModel?: typeof loadSession;
}

export function createModels(objects: ObjectStore, options: ModelsOptions) {
  const { log, virtual, signal } = options;
  const loaded = createLoaded();
  const refused = createRefused(options.refusedBefore);
  const patience = createPatience();

  /** It serves no more: the log says why. */
  const refuse = async (model: string, error: RefusedError): Promise<void> => {
    log.error({ model, hint: error.hint }, `model refused: ${messageOf(error)}`);
    refused.add(model);
    await loaded.remove(model);
  };

  /** null when it can't be had now: refused, or (live) to be tried again. */
  const tryOpen = async (model: string): Promise<LoadedModel | null> => {
    for (;;) {
      try {
        const opened = await open(objects, model, options);
        patience.wentWell(model);
        await loaded.keep(model, opened);
        log.info({ model, features: opened.card.features.length }, 'model loaded');
        return opened;
      } catch (error) {
        const verdict = error instanceof CheckUndecided ? patience.undecided(model, error) : error;
        if (verdict === null) {
          log.warn({ model }, `the check of a model is tried again: ${messageOf(error)}`);
          if (virtual && !signal.aborted) continue;
          return null;
        }
        if (!(verdict instanceof RefusedError)) throw verdict;
        await refuse(model, verdict);
        return null;
      }
    }
  };

  return {
    /** null when the model was refused, or is to be tried again later: the log says why. Asked once a frame. */
    async load(model: string): Promise<LoadedModel | null> {
      const known = loaded.get(model);
      if (known !== undefined || refused.has(model)) return known ?? null;
      return !virtual && patience.waits(model) ? null : tryOpen(model);
    },
    refuse,
    refused: refused.list,
    card: createCards(objects),
    release: loaded.release,
  };
}

async function open(objects: ObjectStore, model: string, { names, openModel = loadSession }: ModelsOptions): Promise<LoadedModel> {
  const { onnx, card } = await fetchModel(objects, model);
  const missing = [...card.features, card.scaleFeature].filter((feature) => !names.includes(feature));
  if (missing.length > 0) throw new RefusedError(`model ${model} needs features that the frames lack: ${missing.slice(0, 5).join(', ')}`, 'Train it again on this version\'s features.');
  return { card, session: await openModel(onnx, card) };
}

/** Sessions, the oldest of them released when there are too many. */
function createLoaded() {
  const loaded = new Map<string, LoadedModel>();
  const remove = async (model: string): Promise<void> => {
    const opened = loaded.get(model);
    loaded.delete(model);
    await opened?.session.release();
  };
  return {
    get: (model: string): LoadedModel | undefined => loaded.get(model),
    async keep(model: string, opened: LoadedModel): Promise<void> {
      loaded.set(model, opened);
      if (loaded.size > MAX_LOADED) await remove([...loaded.keys()][0]!);
    },
    remove,
    async release(): Promise<void> {
      for (const { session } of loaded.values()) await session.release();
    },
  };
}

/** Names, the oldest of them forgotten when there are too many. */
function createRefused(before: readonly string[]) {
  const names = new Set(before);
  return {
    has: (model: string): boolean => names.has(model),
    add(model: string): void {
      names.add(model);
      if (names.size > MAX_REFUSED) names.delete([...names][0]!);
    },
    /** Oldest first. */
    list: (): readonly string[] => [...names],
  };
}

/** Of checks in a row that said nothing, of the model that was tried last. */
function createPatience() {
  const none = { model: '', tries: 0, framesToWait: 0 };
  let late = none;
  return {
    /** Asked once a frame. */
    waits: (model: string): boolean => late.model === model && late.framesToWait-- > 0,
    wentWell(model: string): void {
      if (late.model === model) late = none;
    },
    /** null: to be tried again. */
    undecided(model: string, error: CheckUndecided): RefusedError | null {
      late = { model, tries: late.model === model ? late.tries + 1 : 1, framesToWait: FRAMES_BETWEEN_TRIES };
      if (late.tries < MAX_TRIES) return null;
      return new RefusedError(`model ${model}: ${messageOf(error)}, ${MAX_TRIES} times`, 'Export or train the model again; this file is not run.');
    },
  };
}

/** The card alone, for rebuilding the fold; null when it is gone or damaged. */
function createCards(objects: ObjectStore): (model: string) => Promise<ModelCard | null> {
  const cards = new Map<string, ModelCard>();
  return async (model) => {
    const known = cards.get(model) ?? (await fetchModel(objects, model).then(({ card }) => card, () => null));
    if (known !== null && cards.size < MAX_CARDS) cards.set(model, known);
    return known;
  };
}
