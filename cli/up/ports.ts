/** Are the addresses free? Asked before anything is started, so that nothing has to be undone. */
import { createServer } from 'node:net';
import { MeshproofError } from '../../contracts/errors.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { AddressUse } from './plan.ts';

/** @throws MeshproofError ADDRESS_IN_USE that names every address that is taken and the document that asks for it */
export async function requireFree(addresses: readonly AddressUse[]): Promise<void> {
  const checked = await Promise.all(addresses.map(async (use) => ({ use, why: await whyNot(use.address) })));
  const taken = checked.filter(({ why }) => why !== undefined);
  if (taken.length === 0) return;
  const lines = taken.map(({ use, why }) => {
    const where = use.line > 1 ? ` (${use.file}:${use.line})` : '';
    return `${use.address} (${why}), which ${use.askedBy} asks for${where}`;
  });
  throw new MeshproofError('ADDRESS_IN_USE', lines.join('; '));
}

/** @returns the reason why the address cannot be listened on, or undefined when it can */
function whyNot(address: string): Promise<string | undefined> {
  const parsed = parseAddress(address);
  if (!parsed) return Promise.resolve('not an address');
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code === 'EADDRINUSE' ? 'in use' : (error.code ?? error.message));
    });
    server.listen({ host: parsed.host, port: parsed.port, exclusive: true }, () => {
      server.close(() => {
        done(undefined);
      });
    });
  });
}
