/** QuestDB for the tests: the server's jars through Maven into .foretick/maven, and Java and Maven where apt-get may install them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDir } from './places.ts';
import { run } from './run.ts';

const QUESTDB_VERSION = '9.3.4';
const OLDEST_JAVA = 17;
const INSTALL_MS = 600_000;

const repository = (root: string): string => join(toolsDir(root), 'maven');

/** Paths of the server's jars, to be run as a module path. null: not all are there. */
export function findQuestdb(root: string): string[] | null {
  const dir = join(repository(root), 'org', 'questdb');
  if (!existsSync(dir)) return null;
  const jars = (readdirSync(dir, { recursive: true }) as string[]).filter((path) => path.endsWith('.jar')).map((path) => join(dir, path));
  const isWhole = jars.some((path) => path.endsWith(`questdb-${QUESTDB_VERSION}.jar`)) && jars.some((path) => path.includes('questdb-client'));
  return isWhole ? jars : null;
}

/** null when a Java that runs it is there; otherwise why not. */
export async function javaProblem(): Promise<string | null> {
  const { ok, tail } = await run('java', ['-version'], { timeoutMs: 20_000 });
  const major = Number(/version "(\d+)/.exec(tail)?.[1] ?? 0);
  return ok && major >= OLDEST_JAVA ? null : `Java ${OLDEST_JAVA} or later is missing`;
}

/** null when it can be run now; otherwise why not, in plain words. */
export async function installQuestdb(root: string): Promise<string | null> {
  const hasMaven = async (): Promise<boolean> => findQuestdb(root) !== null || (await run('mvn', ['-v'], { timeoutMs: 60_000 })).ok;
  if ((await javaProblem()) !== null || !(await hasMaven())) {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return `Java ${OLDEST_JAVA} and Maven must be installed by hand`;
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'default-jre-headless', 'maven']]) {
      const result = await run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_MS });
      if (!result.ok) return `apt-get ${args[0]} failed (${result.tail.split('\n').at(-1)})`;
    }
    const java = await javaProblem();
    if (java !== null) return java;
  }
  if (findQuestdb(root) !== null) return null;
  const fetched = await run('mvn', ['-q', '-B', `-Dmaven.repo.local=${repository(root)}`, 'dependency:get', `-Dartifact=org.questdb:questdb:${QUESTDB_VERSION}`], { timeoutMs: INSTALL_MS });
  return findQuestdb(root) === null ? `mvn: ${fetched.tail.split('\n').at(-1) || 'it fetched nothing'}` : null;
}
