/** The dashboard's entry: routes, and the one World that outlives them all. */
import { Route, Router } from '@solidjs/router';
import { config } from 'zod';
import { lazy } from 'solid-js';
import { render } from 'solid-js/web';
import { WorldContext } from './data/context.ts';
import { createWorld } from './data/world.ts';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { UniversePage } from './pages/universe/UniversePage.tsx';
import { Shell } from './ui/Shell.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/universe.css';
import './styles/symbol.css';
import './styles/status.css';

// The page's policy forbids code made from strings, which is how zod compiles its fast path.
config({ jitless: true });

const SymbolPage = lazy(() => import('./pages/symbol/SymbolPage.tsx'));
const StatusPage = lazy(() => import('./pages/status/StatusPage.tsx'));

const world = createWorld();
render(
  () => (
    <WorldContext.Provider value={world}>
      <Router root={Shell}>
        <Route path="/" component={UniversePage} />
        <Route path="/symbol/:instrument" component={SymbolPage} />
        <Route path="/status" component={StatusPage} />
        <Route path="*" component={NotFoundPage} />
      </Router>
    </WorldContext.Provider>
  ),
  document.getElementById('root')!,
);
