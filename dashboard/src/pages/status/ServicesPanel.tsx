/** Every service: its state, what it says of itself, how far it has come in each stream and how far it is behind there, and what it counted. */
import { For, Show, type JSX } from 'solid-js';
import type { HealthInfo } from '../../../../sdk/api.ts';
import type { ApiFailure } from '../../data/failure.ts';
import { behind } from '../../model/behind.ts';
import { formatAge, formatCount } from '../../model/format.ts';
import { Empty } from '../../ui/Notice.tsx';

type Service = HealthInfo['services'][number];

export function ServicesPanel(props: { health: HealthInfo | undefined; failure: ApiFailure | null }): JSX.Element {
  return (
    <For each={props.health?.services} fallback={<Empty title={props.failure?.message ?? (props.health === undefined ? 'Reading the services…' : 'No service has reported yet')} detail={props.failure?.hint} />}>
      {(service) => <ServiceRow service={service} all={props.health!.services} />}
    </For>
  );
}

const TONES: Record<Service['state'], string> = { starting: 'info', waiting: 'info', running: 'good', draining: 'warn', lost: 'bad' };

function ServiceRow(props: { service: Service; all: readonly Service[] }): JSX.Element {
  return (
    <div class="service" data-testid="service">
      <span class="name">{props.service.service}</span>
      <span class={`chip ${TONES[props.service.state]}`}>{props.service.state}</span>
      <Show when={props.service.detail}><span class="detail muted">{props.service.detail}</span></Show>
      <span class="age faint small" title={`process ${props.service.pid}`}>reported {formatAge(props.service.ageSeconds)} ago</span>
      <Show when={Object.keys(props.service.cursors).length + Object.keys(props.service.counts ?? {}).length > 0}>
        <div class="cursors">
          <For each={Object.entries(props.service.cursors).sort(([a], [b]) => (a < b ? -1 : 1))}>
            {([stream, seq]) => <span>{stream} <b>{formatCount(seq)}</b><Show when={behind(props.all, stream, seq) > 0}> <span class="behind" title="As of what each service last said">{formatCount(behind(props.all, stream, seq))} behind</span></Show></span>}
          </For>
          <For each={Object.entries(props.service.counts ?? {})}>{([name, value]) => <span classList={{ dropped: name.startsWith('dropped') }}>{name} <b>{formatCount(value)}</b></span>}</For>
        </div>
      </Show>
    </div>
  );
}
