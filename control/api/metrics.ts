/** The control plane's own metrics, for Prometheus. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { PHASES } from '../../contracts/experiment.ts';
import type { ControlPlane } from '../control-plane.ts';

export const METRICS_PATH = '/metrics';

/** The process has one set of default metrics, however many control planes a test starts in it. */
const PROCESS = new Registry();
collectDefaultMetrics({ register: PROCESS });

export async function renderMetrics(plane: ControlPlane): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number): void => {
    new Gauge({ name, help, registers: [registry] }).set(value);
  };
  gauge('meshproof_control_proxies_connected', 'Proxies that are connected now.', plane.hub.connected);
  gauge(
    'meshproof_control_config_version',
    'The version of the configuration that proxies should have.',
    plane.documents.version,
  );
  gauge(
    'meshproof_control_lost_reports',
    'Telemetry reports that proxies sent and that did not arrive.',
    plane.hub.lostReports,
  );
  gauge('meshproof_control_overlays', 'Overlays in force.', plane.hub.overlays().length);
  const { issued, refused, authority } = plane.identities;
  gauge('meshproof_control_identities_issued', 'Certificates given out since the start.', issued);
  gauge(
    'meshproof_control_identities_refused',
    'Requests for certificates that were refused since the start.',
    refused,
  );
  gauge(
    'meshproof_control_root_expiry_timestamp_seconds',
    'When the root that signs is over, in seconds since the Unix epoch.',
    authority.expiresAtMs / 1_000,
  );
  const { waiting, ...ended } = plane.deliveries.counts;
  gauge('meshproof_control_notifications_waiting', 'Notifications that were not delivered yet.', waiting);
  const attempts = new Counter({
    name: 'meshproof_control_notifications_total',
    help: 'Notifications that were delivered or given up, and attempts that failed.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const [result, n] of Object.entries(ended)) attempts.inc({ result }, n);
  const phases = new Gauge({
    name: 'meshproof_control_experiments',
    help: 'Experiments by phase.',
    labelNames: ['phase'],
    registers: [registry],
  });
  const views = plane.runner.views();
  for (const phase of PHASES) phases.set({ phase }, views.filter((v) => v.phase === phase).length);
  return (await registry.metrics()) + (await PROCESS.metrics());
}
