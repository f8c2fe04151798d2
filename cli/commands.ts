/** The command table: every command, in the order in which help shows them. */
import type { CommandSpec } from './command.ts';
import { abort, promote } from './commands/abort.ts';
import { analyze } from './commands/analyze.ts';
import { apply } from './commands/apply.ts';
import { approve, pause, resume } from './commands/approve.ts';
import { caRotate, caShow, caToken } from './commands/ca.ts';
import { completionCommand } from './commands/completion.ts';
import { control } from './commands/control.ts';
import { demo } from './commands/demo.ts';
import { down } from './commands/down.ts';
import { explain } from './commands/explain.ts';
import { faultSign } from './commands/fault-sign.ts';
import { gateCheck, gateWait } from './commands/gate.ts';
import { get } from './commands/get.ts';
import { halt } from './commands/halt.ts';
import { journalVerify } from './commands/journal.ts';
import { plan } from './commands/plan.ts';
import { proxy } from './commands/proxy.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { scenarioList, scenarioRun } from './commands/scenario.ts';
import { schema } from './commands/schema.ts';
import { simulate } from './commands/simulate.ts';
import { stat } from './commands/stat.ts';
import { status } from './commands/status.ts';
import { tap } from './commands/tap.ts';
import { up } from './commands/up.ts';
import { validate } from './commands/validate.ts';
import { version } from './commands/version.ts';

export const COMMANDS: readonly CommandSpec[] = [
  demo,
  up,
  down,
  control,
  proxy,
  validate,
  apply,
  get,
  plan,
  simulate,
  run,
  status,
  stat,
  tap,
  halt,
  abort,
  promote,
  approve,
  pause,
  resume,
  gateCheck,
  gateWait,
  report,
  journalVerify,
  scenarioList,
  scenarioRun,
  analyze,
  faultSign,
  caToken,
  caShow,
  caRotate,
  schema,
  explain,
  completionCommand(() => COMMANDS),
  version,
];
