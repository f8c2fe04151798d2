import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requireFree } from './ports.ts';

describe('the check of addresses', () => {
  it('names the document that asks for an address that is taken', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const use = { address, askedBy: 'Gateway/edge', file: 'mesh.yaml', line: 4, column: 9 };
    await expect(requireFree([use])).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      detail: `${address} (in use), which Gateway/edge asks for (mesh.yaml:4)`,
    });
    await new Promise((done) => server.close(done));
    await expect(requireFree([use])).resolves.toBeUndefined();
  });
});
