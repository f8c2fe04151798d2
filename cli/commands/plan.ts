/** `plan`: what an experiment would touch, how long it would take and what it would find, before anything runs. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentDocument } from '../../contracts/document.ts';
import { outlineOf } from '../../experiments/plan/outline.ts';
import type { Rates } from '../../experiments/plan/outline.ts';
import { planCanary } from '../../experiments/plan/plan.ts';
import type { Traffic } from '../../experiments/plan/questions.ts';
import { refusalsOf } from '../../experiments/plan/refusals.ts';
import type { Client } from '../api/client.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandSpec, Options } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { loadExperiment } from '../documents/load.ts';
import { EXIT } from '../exit-codes.ts';
import { outlineText } from '../text/outline.ts';
import { planText } from '../text/plan.ts';

/** Where nothing is known of the baseline's errors. */
const USUAL_ERRORS = 0.001;
const USUAL_SIGMA = 0.5;

export const plan: CommandSpec = {
  name: 'plan',
  summary: 'Show beforehand what an experiment would do',
  details:
    'Scope, requests touched, duration, and for each metric of a Canary or a BlueGreen how many candidate requests a verdict\n' +
    'takes. The traffic is that which the control plane sees, or --rate. Nothing is changed. Exit 5 when the control plane\n' +
    'would refuse it.',
  examples: [
    ['meshproof plan canary.yaml', 'with the traffic that the control plane sees'],
    [
      'meshproof plan canary.yaml --rate 6000 --baseline-errors 0.2',
      'for 6,000 requests a minute, of which 0.2 % fail',
    ],
  ],
  arguments: [{ name: '<file>', description: 'a file with an experiment' }],
  options: [
    { flags: '--rate <perMinute>', description: 'requests to the service in a minute; then no control plane is asked' },
    { flags: '--baseline-errors <percent>', description: 'errors of the baseline (default: as seen, else 0.1)' },
    { flags: '--latency-sigma <number>', description: 'spread of ln latency; more for a longer tail (default: 0.5)' },
    SERVER_OPTION,
    TIMEOUT_OPTION,
    OUTPUT_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const document = await loadExperiment(args.text(0), terminal);
    if (!document) return EXIT.INVALID_INPUT;
    const given = options.number('rate', { min: 0, max: 1e12 });
    const live = given === undefined ? await askControl(quickClientFor(terminal, options), document) : NOT_ASKED;
    const traffic = trafficOf(options, given, live.rates(document.spec.service), live.errors);
    const { refusals } = live;
    const show = (planned: object, text: () => string): void =>
      terminal.out(options.json ? `${JSON.stringify({ ...planned, refusals }, null, 2)}\n` : text());
    if (document.kind === 'Canary') {
      const planned = planCanary(document, traffic);
      show(planned, () => planText(planned, refusals, terminal.colors));
    } else {
      const rates = (service: string): number | null =>
        service === document.spec.service ? traffic.perMinute : live.rates(service);
      const outline = outlineOf(document, traffic, rates);
      show(outline, () => outlineText(outline, refusals, terminal.colors));
    }
    return refusals.length > 0 ? EXIT.CONFLICT : EXIT.OK;
  },
};

type Live = { readonly rates: Rates; readonly errors: number | null; readonly refusals: readonly string[] };

const NOT_ASKED: Live = { rates: () => null, errors: null, refusals: [] };

/** A plan can be made without a control plane; its traffic is then unknown, and the plan says so. */
async function askControl(client: Client, document: ExperimentDocument): Promise<Live> {
  try {
    const [services, experiments] = await Promise.all([client.services(), client.experiments()]);
    const service = services.find((s) => s.name === document.spec.service);
    const errors = service?.successRate == null ? null : 1 - service.successRate;
    const rates = (name: string): number | null => {
      const rps = services.find((s) => s.name === name)?.rps;
      return rps == null ? null : rps * 60;
    };
    return { rates, errors, refusals: refusalsOf(document, services, experiments) };
  } catch (error) {
    if (error instanceof MeshproofError && error.code === 'CONTROL_UNREACHABLE') return NOT_ASKED;
    throw error;
  }
}

function trafficOf(options: Options, given: number | undefined, seen: number | null, errors: number | null): Traffic {
  const percent = options.number('baselineErrors', { min: 0, max: 100 });
  return {
    perMinute: given ?? seen,
    baselineErrors: percent === undefined ? (errors ?? USUAL_ERRORS) : percent / 100,
    latencySigma: options.number('latencySigma', { min: 0.01, max: 10 }) ?? USUAL_SIGMA,
  };
}
