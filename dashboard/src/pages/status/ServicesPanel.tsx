/** Every service: its state, what it says of itself, and its counters, among them those of the feed. */
import { For, Show, type JSX } from 'solid-js';
import type { HealthInfo } from '../../../../sdk/api.ts';
import type { ApiFailure } from '../../data/failure.ts';
import { formatAge, formatCount, formatDateTime } from '../../model/format.ts';
import { Empty } from '../../ui/Notice.tsx';

type Service = HealthInfo['services'][number];

export function ServicesPanel(props: { health: HealthInfo | undefined; failure: ApiFailure | null }): JSX.Element {
  return (
    <For each={props.health?.services} fallback={<Empty title={props.failure?.message ?? (props.health === undefined ? 'Reading the services…' : 'No service has reported yet')} detail={props.failure?.hint} />}>
      {(service) => <ServiceRow service={service} />}
    </For>
  );
}

const TONES: Record<Service['state'], string> = { starting: 'info', waiting: 'info', running: 'good', draining: 'warn', lost: 'bad' };

function ServiceRow(props: { service: Service }): JSX.Element {
  return (
    <div class="service" data-testid="service">
      <span class="name">{props.service.service}</span>
      <span class={`chip ${TONES[props.service.state]}`}>{props.service.state}</span>
      <Show when={props.service.detail}><span class="detail muted">{props.service.detail}</span></Show>
      <span class="age faint small" title={`process ${props.service.pid}`}>reported {formatAge(props.service.ageSeconds)} ago</span>
      <Show when={Object.keys(props.service.cursors).length > 0}>
        <div class="cursors">
          <For each={Object.entries(props.service.cursors)}>{([name, value]) => <span>{name} <b>{counter(value)}</b></span>}</For>
        </div>
      </Show>
    </div>
  );
}

/** Counters of this size are times in µs: no stream of ours holds 1e14 messages. */
const FIRST_TIME_US = 1e14;
const counter = (value: number): string => (value >= FIRST_TIME_US ? `${formatDateTime(value)} UTC` : formatCount(value));
