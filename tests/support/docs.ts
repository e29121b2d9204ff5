/** What the documentation shows, taken apart: its blocks of code, its commands, its links. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Page { readonly name: string; readonly text: string }
export const PAGES: readonly Page[] = ['README.md', 'BENCHMARKS.md', 'SCALING.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));

export const pageOf = (name: string): string => PAGES.find((page) => page.name === name)!.text;

/** Bodies of the fenced blocks of a language. */
export const blocks = (text: string, language: string): string[] => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!.trim());
export const withoutBlocks = (text: string): string => text.replaceAll(/^```.*?^```$/gms, '');
/** Inline code, in running text and in tables. */
export const spans = (text: string): string[] => [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);

const PROGRAM = /^(?:\.\/foretick|foretick|nats|curl|npm|npx|node|pip|python3|apt-get|brew|git|docker|make) \S/;

/** Every command of every page once, a whole sh block as one, with where it stands first. */
export function commands(): { readonly command: string; readonly where: string }[] {
  const all = PAGES.flatMap(({ name, text }) => [...blocks(text, 'sh'), ...spans(text).filter((span) => PROGRAM.test(span))].map((command) => ({ command, where: name })));
  return all.filter(({ command }, i) => all.findIndex((other) => other.command === command) === i);
}

/** Targets of links and pictures within the project, as written. */
export const localLinks = (text: string): string[] => [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((target) => !/^https?:/.test(target));
