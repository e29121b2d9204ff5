/** What a plan lets happen to the processes of a run, and their dying at a crash point. */
import { armCrashPoint, dieBy } from '../../runtime/crashPoint.ts';
import { crash, type Instance, type Simulation, start } from './instances.ts';
import type { Incident } from './plan.ts';

class Killed extends Error {}

/** Who passes the armed crash point dies there, and nobody else. */
export function dieAtCrashPoints(simulation: Simulation): void {
  dieBy(() => {
    const now = simulation.instances.find((one) => one === simulation.time.current());
    if (now === undefined) return;
    crash(simulation, now);
    throw new Killed(`${now.name} was killed`);
  });
}

export function happen(simulation: Simulation, incident: Incident): void {
  if (incident.kind === 'crashPoint') return armCrashPoint({ type: 'crash', point: incident.point, after: incident.after });
  if (incident.kind === 'restart') return cutAll(simulation, incident.forMs);
  const one = simulation.instances.find(({ name, dead, frozen }) => name === incident.service && !dead && !frozen);
  if (one === undefined) return;
  switch (incident.kind) {
    case 'kill': return crash(simulation, one);
    case 'stop': return void simulation.time.schedule(0, () => one.abort.abort(), one);
    case 'cut': return one.link.cut(incident.forMs);
    case 'freeze': return freeze(simulation, one, incident.forMs);
  }
}

function cutAll({ instances }: Simulation, forMs: number): void {
  for (const one of instances) if (!one.dead) one.link.cut(forMs);
}

/** Another one takes its place meanwhile. */
function freeze(simulation: Simulation, instance: Instance, forMs: number): void {
  instance.frozen = true;
  start(simulation, instance.name);
  simulation.time.schedule(forMs, () => simulation.time.thaw(instance), null);
}
