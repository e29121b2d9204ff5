/** The promise of tokens.css, kept: text on the surfaces that it stands on has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const colours = new Map([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name!, [light!, dark!]] as const));

const SURFACES = ['bg', 'panel', 'panel-2', 'hover'];
const PAIRS: [text: string, surface: string][] = [
  ...['text', 'text-2', 'text-3', 'accent', 'up', 'down'].flatMap((text) => SURFACES.map((surface) => [text, surface] as [string, string])),
  ['text-2', 'track'], ['text', 'track'], ['amber', 'panel'], ['amber', 'amber-soft'], ['violet', 'violet-soft'], ['teal', 'teal-soft'], ['up', 'up-soft'], ['down', 'down-soft'], ['accent', 'accent-soft'],
];

/** Relative luminance of sRGB. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

it.each(PAIRS)('%s on %s', (text, surface) => {
  for (const theme of [0, 1]) expect(contrast(colours.get(text)![theme]!, colours.get(surface)![theme]!)).toBeGreaterThanOrEqual(4.5);
});
