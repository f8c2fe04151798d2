import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    environment: 'node',
    // They end what hangs; how long a test takes on a busy machine says nothing about the code.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
