/** Secrets that gateways name, looked for when a configuration is built. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { Config } from '../plan/parse-config.ts';

const MIN_SECRET = 16;

/** @throws MeshproofError CONFIG_REFUSED: a gateway that cannot check signatures would obey none, in silence */
export function checkSecrets({ gateways }: Pick<Config, 'gateways'>): void {
  for (const { metadata, spec } of gateways) {
    const name = spec.faultHeaders?.secretEnv;
    if (name === undefined || (process.env[name] ?? '').length >= MIN_SECRET) continue;
    throw new MeshproofError(
      'CONFIG_REFUSED',
      `Gateway/${metadata.name}: faultHeaders needs a secret of at least ${MIN_SECRET} characters in the variable ${name}`,
    );
  }
}
