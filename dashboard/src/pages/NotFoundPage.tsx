/** An address that names no page. */
import { A } from '@solidjs/router';
import type { JSX } from 'solid-js';

export function NotFoundPage(): JSX.Element {
  return (
    <section class="panel centre">
      <div class="panel-body">
        <h1>There is no page here</h1>
        <p class="muted">The address is mistyped, or the symbol is not in a universe that is served.</p>
        <p><A class="button" href="/">To the universe</A></p>
      </div>
    </section>
  );
}
