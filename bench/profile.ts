/**
 * A .cpuprofile as text: the frames with most time of their own, and a flame graph lying on its side. Run:
 *   NODE_OPTIONS='--cpu-prof --cpu-prof-dir=DIR' ./foretick bench --only recorder
 *   node bench/profile.ts DIR/FILE.cpuprofile
 */
import { readFileSync } from 'node:fs';

interface Node { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }; readonly children?: readonly number[] }
interface Profile { readonly nodes: readonly Node[]; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] }

const TOP = 25;
/** Branches of less than this share aren't drawn. */
const LEAST_SHARE = 0.03;
const IDLE = new Set(['(idle)', '(program)', '(root)']);

const [, , path] = process.argv;
if (path === undefined) {
  console.error('which profile? node bench/profile.ts FILE.cpuprofile');
  process.exit(2);
}
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as Profile;
const byId = new Map(nodes.map((node) => [node.id, node]));
const self = new Map<number, number>();
samples.forEach((id, i) => self.set(id, (self.get(id) ?? 0) + timeDeltas[i]!));
const nameOf = ({ callFrame: { functionName, url, lineNumber } }: Node): string => {
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(?=[^/]+\/[^/]+$)/, '');
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
};
const busy = nodes.filter((node) => !IDLE.has(node.callFrame.functionName));
const total = busy.reduce((sum, node) => sum + (self.get(node.id) ?? 0), 0);

const selfByName = new Map<string, number>();
for (const node of busy) selfByName.set(nameOf(node), (selfByName.get(nameOf(node)) ?? 0) + (self.get(node.id) ?? 0));
console.log(`busy ${(total / 1e6).toFixed(2)} s; time of their own:`);
for (const [name, us] of [...selfByName].sort((a, b) => b[1] - a[1]).slice(0, TOP)) console.log(`${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`);

const sums = new Map<number, number>();
const sumOf = (node: Node): number => {
  const known = sums.get(node.id);
  if (known !== undefined) return known;
  const sum = (self.get(node.id) ?? 0) + (node.children ?? []).reduce((all, id) => all + sumOf(byId.get(id)!), 0);
  sums.set(node.id, sum);
  return sum;
};
const draw = (node: Node, depth: number): void => {
  const share = sumOf(node) / total;
  if (share < LEAST_SHARE || IDLE.has(node.callFrame.functionName)) return;
  console.log(`${'█'.repeat(Math.max(1, Math.round(share * 20))).padEnd(21)}${(100 * share).toFixed(0).padStart(3)} %  ${'  '.repeat(depth)}${nameOf(node)}`);
  for (const child of (node.children ?? []).map((id) => byId.get(id)!).sort((a, b) => sumOf(b) - sumOf(a))) draw(child, depth + 1);
};
console.log('\nflame graph, from the root down:');
for (const child of (nodes[0]!.children ?? []).map((id) => byId.get(id)!).sort((a, b) => sumOf(b) - sumOf(a))) draw(child, 0);
