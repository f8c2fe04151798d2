/** Passes when GET is answered with a status that is well. The body is not read. */
import { request } from 'node:http';
import type { HealthCheck } from '../../contracts/health-check.ts';
import { HEALTH_AGENT, once } from './probe.ts';
import type { Probe } from './probe.ts';

export function probeHttp({ path, host: asked, statuses }: NonNullable<HealthCheck['http']>): Probe {
  const isWell = (status: number): boolean => statuses?.includes(status) ?? (status >= 200 && status < 300);
  return ({ host, port, address, dial }, done) => {
    const { tell, end } = once(done);
    const headers = { host: asked ?? address, 'user-agent': HEALTH_AGENT, connection: 'close' };
    const asking = request({
      host,
      port,
      path,
      headers,
      ...(dial ? { createConnection: () => dial('http/1.1') } : { agent: false }),
    });
    asking.on('response', (answer) => {
      tell(isWell(answer.statusCode ?? 0));
      asking.destroy();
    });
    // Destroying before the end of a body is an error to node:http; by then the check has ended.
    asking.on('error', () => tell(false));
    asking.end();
    return () => {
      end();
      asking.destroy();
    };
  };
}
