/** An incoming webhook: its signature first, then what it says. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import { Incoming, IncomingBody } from '../../contracts/incoming.ts';
import type { IncomingAnswer } from '../../contracts/incoming.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { RunnerApi } from '../../experiments/ports.ts';
import type { Secrets } from '../outgoing/secrets.ts';
import { refusalOfSignature } from '../outgoing/signature.ts';

export type RawMessage = {
  readonly experiment: string;
  readonly sender: string;
  /** As they came; undefined where they are missing. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The very bytes that were signed. */
  readonly body: string;
};

export type Ears = { readonly runner: RunnerApi; readonly secrets: Secrets; readonly nowMs: () => number };

/**
 * @param nowMs - Unix time
 * @throws MeshproofError SIGNATURE_REFUSED also where there is no such experiment or sender: a stranger is told nothing
 */
export async function hear(raw: RawMessage, { runner, secrets, nowMs }: Ears): Promise<IncomingAnswer> {
  const id = await checkSignature(raw, runner.view(raw.experiment), secrets, nowMs());
  const body = checkBody(raw.body);
  const { repeated, view } = await runner.hear(raw.experiment, { sender: raw.sender, id: `${raw.sender}/${id}`, body });
  return { repeated, run: view.id, phase: view.phase, verdict: view.verdict, reason: view.reason };
}

async function checkSignature(
  { sender, headers, body }: RawMessage,
  view: ExperimentView | undefined,
  secrets: Secrets,
  nowMs: number,
): Promise<string> {
  const known = Incoming.safeParse(view?.spec['incoming']);
  const secretName = known.success ? known.data.find(({ name }) => name === sender)?.signingSecret : undefined;
  if (secretName === undefined)
    throw new MeshproofError('SIGNATURE_REFUSED', 'no experiment of this name has such a sender');
  const header = (name: string): string => (typeof headers[name] === 'string' ? headers[name] : '');
  const id = header('webhook-id');
  const signed = { id, timestamp: header('webhook-timestamp'), header: header('webhook-signature'), body };
  const refusal = refusalOfSignature(signed, await secrets.read(secretName), nowMs);
  if (refusal !== undefined) throw new MeshproofError('SIGNATURE_REFUSED', refusal);
  return id;
}

function checkBody(text: string): IncomingBody {
  const checked = IncomingBody.safeParse(jsonOf(text));
  if (checked.success) return withoutControl(checked.data);
  const what = checked.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ');
  throw new MeshproofError('REQUEST_INVALID', what);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new MeshproofError('REQUEST_INVALID', 'the body is not JSON');
    throw error;
  }
}

/** A reason stands in the journal, on terminals and in chats: one line without control characters. */
function withoutControl<B extends IncomingBody>(body: B): B {
  return body.reason === undefined ? body : { ...body, reason: body.reason.replace(/\p{Cc}/gu, ' ') };
}
