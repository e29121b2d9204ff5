/**
 * Builds the dashboard to dashboard/dist, which the gateway serves. No inline script or style is emitted, so it runs
 * under `default-src 'self'`.
 */
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid()],
  build: {
    target: 'es2022',
    // A file of its own for every asset: data: URIs would need a wider policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
