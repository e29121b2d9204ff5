/**
 * How many ticks a second one core takes through the whole catalogue, at steps of 1 s with 45 ticks each on average. Run:
 *   node quant/features/catalogue.bench.ts
 * Not measured: parsing, the book of a real engine, publishing, many instruments (their states outgrow the cache).
 */
import type { Closed } from './testing/harness.ts';
import { catalogue } from './catalogue.ts';
import { marketHistory } from './testing/market.ts';

const STEP_MS = 1_000;
/** Before a tenth of the steps are left empty. */
const TICKS_PER_STEP = 50;
const ROUNDS = 5;

const history = marketHistory({ seed: 1, steps: 4_000, stepMs: STEP_MS, ticksPerStep: TICKS_PER_STEP, price: 100, tick: 0.01, silentSteps: 0 });
const ticks = history.reduce((total, { seen }) => total + seen.length, 0);
const features = catalogue(STEP_MS);
const states = features.map((feature) => new Float64Array(feature.slots));
const onQuote = features.flatMap((feature, i) => (feature.onQuote ? [{ call: feature.onQuote, state: states[i]! }] : []));
const onTrade = features.flatMap((feature, i) => (feature.onTrade ? [{ call: feature.onTrade, state: states[i]! }] : []));
const row = new Float32Array(features.length);

function run({ seen, step }: Closed): void {
  for (const { tick, before } of seen) {
    if (tick.type === 'quote') for (const { call, state } of onQuote) call(state, tick, before, tick.tsInit);
    else for (const { call, state } of onTrade) call(state, tick, before, tick.tsInit);
  }
  for (let i = 0; i < features.length; i++) row[i] = features[i]!.onStep(states[i]!, step);
}

for (let round = 1; round <= ROUNDS; round++) {
  features.forEach((feature, i) => feature.init(states[i]!));
  const from = performance.now();
  history.forEach(run);
  const seconds = (performance.now() - from) / 1_000;
  const rate = Math.round(ticks / seconds);
  console.log(`round ${round}: ${rate.toLocaleString('en')} ticks/s, ${((seconds * 1e6) / history.length).toFixed(1)} µs a step (${features.length} features, ${ticks} ticks)`);
}
