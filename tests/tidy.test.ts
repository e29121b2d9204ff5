/**
 * Style as a test: who may import whom, what pure code may touch, where the environment is read, and no file that
 * nobody imports, and no function longer than a screen. Fails with the file and the rule.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SKIP = new Set(['node_modules', '.foretick', '.git', 'dist', 'fixtures']);

function filesIn(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return SKIP.has(entry.name) ? [] : filesIn(path);
    return /\.tsx?$/.test(entry.name) ? [relative(ROOT, path)] : [];
  });
}

const files = filesIn(ROOT);
const isTest = (file: string): boolean => /\.(test|property\.test|bench|conformance)\.ts$/.test(file) || file.startsWith('tests/') || file.startsWith('bench/') || file.startsWith('dashboard/dev/') || /(^|\/)fake[A-Z]/.test(file);
const source = files.filter((file) => !isTest(file));
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const importsOf = (file: string): string[] => [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
const localImports = (file: string): string[] => importsOf(file).filter((path) => path.startsWith('.')).map((path) => normalize(join(dirname(file), path)));

/** Layers: each may import itself and those named. */
const PORTS = ['store', 'registry', 'cache', 'accounts'];
const MAY_IMPORT: Record<string, readonly string[]> = {
  runtime: ['streams'],
  streams: ['runtime', 'quant/random.ts'],
  quant: ['streams', 'runtime'],
  store: ['streams', 'runtime', 'quant'], registry: ['streams', 'runtime', 'quant'], cache: ['streams', 'runtime', 'quant'],
  'processors/features': ['streams', 'runtime', 'quant', ...PORTS], 'processors/outcomes': ['streams', 'runtime', 'quant', ...PORTS],
  'processors/recorder': ['streams', 'runtime', 'quant', ...PORTS], 'processors/latest': ['streams', 'runtime', 'quant', ...PORTS],
  inference: ['streams', 'runtime', 'quant', ...PORTS], gateway: ['streams', 'runtime', 'quant', 'sdk', ...PORTS],
  /** The trainer checks an exported model with the session that will serve it. */
  trainer: ['streams', 'runtime', 'quant', 'inference', ...PORTS],
  /** The three services of a universe in one process. */
  worker: ['streams', 'runtime', 'inference', 'processors/features', 'processors/outcomes'],
  sdk: ['streams', 'runtime'],
  dashboard: ['sdk', 'streams'],
};
const layerOf = (file: string): string | undefined => Object.keys(MAY_IMPORT).find((layer) => file.startsWith(`${layer}/`));

const MAX_LINES = 50;

/** Functions and methods with too many lines, the signature's included, and those of the functions inside. */
function longFunctions(file: string): string[] {
  const text = textOf(file);
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const linesTo = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found: string[] = [];
  const look = ({ start, end }: { start: number; end: number }): void => {
    const first = linesTo(start);
    const lines = linesTo(end) - first + 1;
    if (lines > MAX_LINES) found.push(`${file}:${first} has ${lines} lines`);
  };
  new Visitor({ FunctionDeclaration: look, FunctionExpression: look, ArrowFunctionExpression: look }).visit(program);
  return found;
}

describe('tidy', () => {
  it('imports point down', () => {
    const wrong = source.flatMap((file) => {
      const layer = layerOf(file);
      if (layer === undefined) return [];
      return localImports(file).filter((to) => !to.startsWith(`${layer}/`) && !MAY_IMPORT[layer]!.some((allowed) => to === allowed || to.startsWith(`${allowed}/`))).map((to) => `${file} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it('only streams/edge imports NATS', () => {
    expect(source.filter((file) => !file.startsWith('streams/edge/') && importsOf(file).some((path) => path.startsWith('@nats-io/')))).toEqual([]);
  });

  it('quant is pure', () => {
    const impure = /\bDate\.now|\bMath\.random|\bperformance\.|\bprocess\.|from 'node:|onnxruntime|setTimeout/;
    expect(source.filter((file) => file.startsWith('quant/') && impure.test(textOf(file)))).toEqual([]);
  });

  it('the environment is read in main.ts and cli only, and a main.ts is wiring', () => {
    expect(source.filter((file) => !file.endsWith('main.ts') && !file.startsWith('cli/') && !file.startsWith('infra/') && /process\.env/.test(textOf(file)) && !['runtime/supervisor.ts', 'inference/runtime.ts'].includes(file))).toEqual([]);
    expect(source.filter((file) => file.endsWith('/main.ts') && !file.startsWith('cli/') && textOf(file).split('\n').length > 61)).toEqual([]);
  });

  it('every file is imported by somebody, or is an entry', () => {
    const imported = new Set(files.flatMap(localImports));
    const isEntry = (file: string): boolean => file.endsWith('main.ts') || file.endsWith('.config.ts') || /\.d\.ts$/.test(file) || /Child\.ts$/.test(file) || file.startsWith('dashboard/');
    expect(source.filter((file) => !isEntry(file) && !imported.has(file))).toEqual([]);
  });

  it(`no function outside tests is longer than ${MAX_LINES} lines, a factory's whole closure counted`, () => {
    expect(files.filter((file) => !/\.test\.tsx?$/.test(file)).flatMap(longFunctions)).toEqual([]);
  });

  it('no test is skipped by hand', () => {
    expect(files.filter((file) => /\b(it|test|describe)\.(skip|todo|only)\(/.test(textOf(file)))).toEqual([]);
  });
});
