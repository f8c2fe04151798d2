/** How the demo shows itself: a panel that is redrawn at a terminal, plain lines elsewhere. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { Terminal } from '../terminal.ts';
import { experimentPanel, hasEnded, progressLine } from '../text/experiment.ts';
import { count, milliseconds } from '../text/figures.ts';
import { LiveRegion } from '../text/live-region.ts';
import type { TrafficReport } from './traffic.ts';

export type Show = {
  /** A line that stays. */
  readonly say: (line: string) => void;
  readonly update: (view: ExperimentView, traffic: TrafficReport) => void;
  readonly close: () => void;
};

export function createShow(terminal: Terminal): Show {
  if (!terminal.live) {
    let last = '';
    return {
      say: (line) => {
        terminal.out(`${line}\n`);
      },
      update: (view) => {
        const line = progressLine(view);
        if (line !== last && !hasEnded(view)) terminal.out(`  ${line}\n`);
        last = line;
      },
      close: () => undefined,
    };
  }
  const region = new LiveRegion({ write: terminal.out, columns: terminal.columns }, () => performance.now());
  return {
    say: (line) => {
      region.print(`${line}\n`);
    },
    update: (view, traffic) => {
      const panel = experimentPanel(view, terminal.colors, terminal.columns());
      region.draw(`\n${panel}${trafficLine(traffic)}`);
    },
    close: () => {
      region.close();
    },
  };
}

export function trafficLine(traffic: TrafficReport): string {
  const latency = `p50 ${milliseconds(traffic.p50Ms)}, p99 ${milliseconds(traffic.p99Ms)}`;
  return `users: ${count(traffic.sent)} requests sent, ${count(traffic.errors)} errors seen, ${latency}\n`;
}
