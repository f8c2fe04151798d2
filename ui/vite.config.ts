/** Builds the dashboard into dist/ui; the control plane serves that folder at `/`. */
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const CONTROL = process.env['MESHPROOF_CONTROL'] ?? 'http://127.0.0.1:9900';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page is 'self' only: nothing may be inlined as data: or as an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': { target: CONTROL, ws: true }, '/healthz': CONTROL } },
});
