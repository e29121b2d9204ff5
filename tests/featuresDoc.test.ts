/**
 * docs/FEATURES.md is made from the catalogue. After a change of features, write it anew:
 *   node_modules/.bin/node node_modules/vitest/vitest.mjs run tests/featuresDoc -u
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogue } from '../quant/features/catalogue.ts';
import type { FeatureDefinition } from '../quant/features/definition.ts';

const PATH = join(import.meta.dirname, '../docs/FEATURES.md');
const STEP_MS = 1_000;
const GROUPS: Readonly<Record<FeatureDefinition['group'], string>> = {
  book: 'the top of the book at this moment', return: 'where the price came from', volatility: 'how much it moves', momentum: 'where it stands against its past',
  flow: 'who is pushing', liquidity: 'how much trades, and what it costs', leader: 'what the universe\'s leaders did', time: 'where in the day we are; for volatility, not for direction',
};

const seconds = (ms: number): string => (ms === 0 ? 'none' : `${ms / 1_000} s`);
/** A formula may hold the mark that divides a table's cells. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = ({ name, unit, warmupMs, source }: FeatureDefinition): string => `| \`${name}\` | ${cell(unit)} | ${seconds(warmupMs)} | ${cell(source)} |`;

function page(): string {
  const features = catalogue(STEP_MS);
  const sections = Object.entries(GROUPS).flatMap(([group, about]) => [
    '', `## ${group}: ${about}`, '', '| name | unit | warm-up | formula and its source |', '|---|---|---|---|', ...features.filter((feature) => feature.group === group).map(row),
  ]);
  return [
    '# Features', '',
    `The ${features.length} columns of a frame at a step of ${STEP_MS / 1_000} s, by group; their order in a frame is that of \`quant/features/catalogue.ts\`, and`,
    '`/api/v1/frames/latest` names them. A window shorter than the step is left out, so a longer step has fewer.', '',
    '- A value is not known (NaN in a frame, `null` in the API) until its warm-up is over, and where its formula has no answer.',
    '- Unit `1` is a plain number; `bps` is 1/10,000; a *depth* is the usual size at the top of the book.',
    '- To add one: a file in `quant/features/` that exports a `FeatureDefinition`, a line in `catalogue.ts`, a new `CODE_VERSION`.', '',
    'This page is generated; `tests/featuresDoc.test.ts` fails when it is stale, and says how to write it anew.', ...sections, '',
  ].join('\n');
}

it('docs/FEATURES.md is what the catalogue says', async () => {
  await expect(page()).toMatchFileSnapshot(PATH);
});

it('every feature stands on the page once', () => {
  const text = readFileSync(PATH, 'utf8');
  for (const { name } of catalogue(STEP_MS)) expect(text.split(`| \`${name}\` |`), name).toHaveLength(2);
});
