import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_COUNT, bucketOf } from '../../contracts/histogram.ts';
import { FULL_METRICS, trafficOf } from '../testing/metrics-snapshot.ts';
import { METRICS } from './catalog.ts';
import { ENVOY_BUCKETS_MS, toEnvoyBuckets } from './envoy-buckets.ts';
import { renderFamilies } from './exposition.ts';
import { ProcessMeter } from './process.ts';
import { renderMetrics } from './render.ts';

const PROCESS = {
  cpuSeconds: 1.5,
  residentBytes: 5e7,
  heapUsedBytes: 1e7,
  startTimeSeconds: 1.7e9,
  lagP99Seconds: 0.001,
  lagMaxSeconds: 0.02,
};
const TEXT = renderMetrics(FULL_METRICS, 'istio', PROCESS);
const STANDARD = renderMetrics(FULL_METRICS, 'standard', PROCESS);
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

describe('exposition', () => {
  it('escapes what would end a label or a line', () => {
    const labels = { a: 'x"y\\z\nw' };
    const text = renderFamilies([{ name: 'm', help: 'a\nb', type: 'gauge', samples: [{ labels, value: 1 }] }]);
    expect(text).toBe('# HELP m a\\nb\n# TYPE m gauge\nm{a="x\\"y\\\\z\\nw"} 1\n');
  });

  it('leaves out a family that has no sample', () => {
    expect(renderMetrics({ ...FULL_METRICS, configVersion: null }, 'standard')).not.toContain(
      'meshproof_config_version',
    );
  });

  it('never gives one series twice, however many routes a version has', () => {
    const series = TEXT.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(names).size).toBe(names.length);
  });

  it.runIf(hasPromtool || process.env['CI'] === 'true')('contents promtool', () => {
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
      input: STANDARD,
      encoding: 'utf8',
    });
    expect([status, `${stdout}${stderr}`.trim()]).toEqual([0, '']);
  });

  it.runIf(hasPromtool || process.env['CI'] === 'true')(
    'with Istio’s names gives promtool nothing to say but on a name that is Istio’s',
    () => {
      const { stderr, stdout, error } = spawnSync('promtool', ['check', 'metrics'], { input: TEXT, encoding: 'utf8' });
      expect(error).toBeUndefined();
      expect(`${stdout}${stderr}`.trim()).toBe(
        'istio_request_duration_milliseconds use base unit "seconds" instead of "milliseconds"',
      );
    },
  );

  it.runIf(hasPromtool || process.env['CI'] === 'true')(
    'is parsed by promtool, which finds a fault where there is one',
    () => {
      const broken = TEXT.replace('meshproof_requests_in_flight 8', 'meshproof_requests_in_flight eight');
      expect(spawnSync('promtool', ['check', 'metrics'], { input: broken }).status).toBe(1);
    },
  );
});

describe("Istio's metrics", () => {
  it('add the routes of a version up, for a route is not one of the labels', () => {
    const v1 = { reporter: 'source', destination_workload: 'reviews-v1', request_protocol: 'http' };
    expect(valueOf(TEXT, 'istio_requests_total', { ...v1, response_code: '200' })).toBe(3);
    expect(valueOf(TEXT, 'istio_requests_total', { ...v1, response_code: '503' })).toBe(3);
    expect(valueOf(TEXT, 'istio_request_duration_milliseconds_bucket', { ...v1, le: '1' })).toBe(2);
    expect(valueOf(TEXT, 'istio_request_duration_milliseconds_bucket', { ...v1, le: '+Inf' })).toBe(4);
    expect(valueOf(TEXT, 'istio_request_duration_milliseconds_sum', v1)).toBe(33.3);
    expect(valueOf(TEXT, 'istio_request_duration_milliseconds_count', v1)).toBe(4);
    expect(valueOf(TEXT, 'istio_request_bytes_bucket', { ...v1, le: '1000' })).toBe(2);
    expect(valueOf(TEXT, 'istio_request_bytes_bucket', { ...v1, le: '+Inf' })).toBe(4);
    expect(valueOf(TEXT, 'istio_request_bytes_sum', v1)).toBe(33_300);
    expect(valueOf(TEXT, 'istio_response_bytes_sum', v1)).toBe(66_600);
  });

  it('leave out what nothing was sent to, and call unknown what has no version', () => {
    const text = renderMetrics(
      {
        ...FULL_METRICS,
        traffic: [
          { ...trafficOf('v3', 'default', []), codes: [], retries: 0, shielded: 0 },
          trafficOf('-', 'default', [100]),
        ],
      },
      'istio',
    );
    expect(text).not.toContain('"v3"');
    const unknown = { destination_service: 'reviews', destination_workload: 'unknown', destination_version: 'unknown' };
    expect(valueOf(text, 'istio_requests_total', unknown)).toBe(1);
  });

  it('set apart what is known beside the status, and count each answer once', () => {
    const details = [
      { status: 503, grpcStatus: -1, flag: 'UF', count: 2 },
      { status: 200, grpcStatus: 0, flag: '-', count: 1 },
      { status: 404, grpcStatus: -1, flag: '-', count: 1 },
    ];
    const codes = [200, 404, 503].map((code) => [code, 3] as const);
    const total = { ...trafficOf('v1', 'default', []), codes, details };
    const text = renderMetrics({ ...FULL_METRICS, traffic: [total], inbound: [] }, 'istio');
    const count = (code: string, grpc: string, flags: string): number | undefined =>
      valueOf(text, 'istio_requests_total', { response_code: code, grpc_response_status: grpc, response_flags: flags });
    expect([count('503', '', 'UF'), count('503', '', '-')]).toEqual([2, 1]);
    expect([count('200', '0', '-'), count('200', '', '-')]).toEqual([1, 2]);
    expect(count('404', '', '-')).toBe(3);
  });

  it('say whose the traffic is: of a sidecar its service, of an application what came in', () => {
    const text = renderMetrics({ ...FULL_METRICS, beside: { service: 'cart', version: 'v3' } }, 'istio');
    const out = { reporter: 'source', source_workload: 'edge', source_app: 'cart', source_version: 'v3' };
    expect(valueOf(text, 'istio_requests_total', { ...out, response_code: '204' })).toBe(2);
    const incoming = { reporter: 'destination', source_app: 'unknown', destination_canonical_service: 'ratings' };
    expect(valueOf(text, 'istio_requests_total', incoming)).toBe(1);
  });

  it('never show a request as faster than it was, nor as more than one 64th slower', () => {
    const bounds = [...ENVOY_BUCKETS_MS, Infinity];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (us) => {
        const dense = new Float64Array(BUCKET_COUNT);
        dense[bucketOf(us)] = 1;
        const at = toEnvoyBuckets(dense).indexOf(1);
        const below = at === 0 ? -Infinity : (bounds[at - 1] ?? 0);
        expect(us / 1_000).toBeLessThanOrEqual(bounds[at] ?? 0);
        expect((us * (1 + 1 / 64)) / 1_000).toBeGreaterThan(below);
      }),
    );
  });

  it('lose no request to the buckets, and their counts never fall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 36 }), { maxLength: 50 }), (us) => {
        const counts = toEnvoyBuckets(trafficOf('v1', 'r', us).latency);
        expect(counts.at(-1)).toBe(us.length);
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
      }),
    );
  });
});

describe('our own metrics', () => {
  it('count by class of answer, and set apart what broke before an answer', () => {
    const of = (codeClass: string): string =>
      `meshproof_requests_total{service="reviews",version="v1",route="api",code_class="${codeClass}"}`;
    expect(TEXT).toContain(`${of('broken')} 1\n`);
    expect(TEXT).toContain(`${of('2xx')} 2\n`);
    expect(TEXT).toContain(`${of('5xx')} 3\n`);
  });

  it('are in base units', () => {
    expect(TEXT).toContain('meshproof_overlay_candidate_ratio{experiment="reviews-v2",service="reviews"} 0.05\n');
    expect(TEXT).toContain(
      'meshproof_overlay_lease_remaining_seconds{experiment="reviews-v2",service="reviews"} 8.5\n',
    );
  });
});

describe('the documentation', () => {
  const rows = [
    ...readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').matchAll(
      /^\| `(\w+)` \| (\w+) \| (.*?) \|/gm,
    ),
  ];

  it('names exactly the metrics that there are, with their types', () => {
    expect(rows.map(([, name, type]) => [name, type])).toEqual(
      Object.entries(METRICS).map(([name, { type }]) => [name, type]),
    );
  });

  it('names every label', () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const istios = /^Istio's labels are (.*?)\.$/ms.exec(page)?.[1] ?? '';
    for (const [, name, type, written = ''] of rows.filter(([, n]) => n !== 'istio_request_duration_milliseconds')) {
      const start = type === 'histogram' ? `${name}_count` : name;
      const labels = written.replace("Istio's labels", istios);
      const documented = [...labels.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, label]) => label);
      const series = TEXT.split('\n').find((line) => line.startsWith(`${start}{`) || line.startsWith(`${start} `));
      const exposed = [...(series ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect([name, documented.sort()]).toEqual([name, exposed.sort()]);
    }
  });
});

describe('the process meter', () => {
  it('measures a process that lives', () => {
    const meter = new ProcessMeter();
    const sample = meter.sample();
    meter.close();
    expect(sample.residentBytes).toBeGreaterThan(1e6);
    expect(sample.lagMaxSeconds).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(sample.lagP99Seconds)).toBe(true);
  });
});

/** The value of the first series of this name with these labels. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = text.split('\n').find((l) => l.startsWith(`${name}{`) && wanted.every((part) => l.includes(part)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
