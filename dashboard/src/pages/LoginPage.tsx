/** Shown in place of every page while there is no valid login. It goes away by itself. */
import type { JSX } from 'solid-js';

export function LoginPage(): JSX.Element {
  return (
    <section class="panel centre" data-testid="login">
      <div class="panel-body">
        <h1>You are not logged in</h1>
        <p class="muted">Open the login link that <code>foretick up</code> printed in its terminal. It looks like this:</p>
        <pre><code>{`${location.origin}/login?token=…`}</code></pre>
        <p class="muted">A login lasts 30 days, unless the token is replaced.</p>
        <p class="faint small">This page goes on by itself once you are logged in.</p>
      </div>
    </section>
  );
}
