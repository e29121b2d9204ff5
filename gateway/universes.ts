/** What the configuration says about the universes that are served: their market, in words that stand beside every price. */
import { type Config, liveVenues, type SourceConfig } from '../runtime/config.ts';
import type { UniverseInfo } from '../sdk/api.ts';

export function universesOf({ feed, universes }: Config): UniverseInfo[] {
  return universes.map(({ name, instruments, stepMs, horizonsMs }) => ({ name, feed: feed.name, ...marketOf(feed.source), instruments, stepMs, horizonsMs }));
}

const MARKET_NAME = { spot: 'spot', usdm: 'USD-M futures' } as const;

function marketOf(source: SourceConfig): Pick<UniverseInfo, 'market' | 'title'> {
  if (source.kind === 'binance' || source.kind === 'merged') return { market: 'live', title: `Binance ${liveVenues(source).map(({ market }) => MARKET_NAME[market]).join(' and ')}, live public data` };
  if (source.kind === 'simulator') {
    const kind = source.predictable ? 'a planted signal' : 'a pure random walk';
    return { market: 'simulated', title: `Simulated market, seed ${source.seed}, ${kind}; no real prices` };
  }
  const first = source.paths[0]!.split(/[\\/]/).filter((part) => part !== '').at(-1) ?? 'files';
  return { market: 'recording', title: `Recording: ${first}${source.paths.length > 1 ? ` and ${source.paths.length - 1} more` : ''}` };
}
