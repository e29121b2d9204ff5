/** Everything that `up` needs beside the npm packages, installed where it is missing. Each step is shown and timed by the caller. */
import { buildDashboard, isDashboardFresh } from './dashboardTool.ts';
import { installLightgbm, lightgbmProblem, openmpCommand } from './lightgbmTool.ts';
import { findNatsServer, installNatsServer, type NatsBinary } from './natsTool.ts';

export interface ToolsReport {
  /** Shows that `work` is under way, and how long it took. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
  warn(text: string): void;
}

export interface ToolsNeeded { readonly natsServer: boolean; readonly dashboard: boolean }
export interface Tools { readonly natsServer: NatsBinary | null; readonly lightgbm: boolean }

/** Throws RefusedError when something needed can't be had. */
export async function ensureTools(root: string, needed: ToolsNeeded, searchPath: string, report: ToolsReport): Promise<Tools> {
  const dashboard = needed.dashboard ? ensureDashboard(root, report) : Promise.resolve();
  dashboard.catch(() => undefined); // awaited below; a failure of the other comes first
  const natsServer = needed.natsServer ? await ensureNatsServer(root, searchPath, report) : null;
  const lightgbm = await ensureLightgbm(root, report);
  await dashboard;
  return { natsServer, lightgbm };
}

async function ensureNatsServer(root: string, searchPath: string, report: ToolsReport): Promise<NatsBinary> {
  const { found, tooOld } = await findNatsServer(root, searchPath);
  if (found !== null) return found;
  for (const { path, version } of tooOld) report.warn(`${path} is ${version}, too old; another one is installed beside the project`);
  return report.step('installing nats-server', () => installNatsServer(root));
}

async function ensureLightgbm(root: string, report: ToolsReport): Promise<boolean> {
  const before = await lightgbmProblem(root);
  if (before === null) return true;
  const problem = before.includes('not installed') ? await report.step('installing LightGBM', () => installLightgbm(root)) : before;
  if (problem === null) return true;
  report.warn(`LightGBM is left out: ${problem}. The ridge and microprice models remain.${problem.includes('loaded') ? ` To have it: ${openmpCommand}` : ''}`);
  return false;
}

async function ensureDashboard(root: string, report: ToolsReport): Promise<void> {
  if (!isDashboardFresh(root)) await report.step('building the dashboard', () => buildDashboard(root));
}
