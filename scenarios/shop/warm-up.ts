/**
 * Warms a service up before it calls itself ready: a process that has just started is slow, and a canary would find
 * out. It asks itself over HTTP, so that everything on the way is warm, its peers included.
 */
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';

const ENOUGH_ANSWERS = 400;
const AT_ONCE = 8;
/** Without its peers it does not get warm; better cold than never ready. */
const LIMIT_MS = 8_000;
const PAUSE_MS = 20;

/** @param path - a page of the service @param tls - whatever its certificate says: it is asked by itself */
export async function warmUp(port: number, path: string, tls: boolean): Promise<void> {
  const keep = { keepAlive: true, maxSockets: AT_ONCE };
  const agent = tls ? new TlsAgent({ ...keep, rejectUnauthorized: false }) : new Agent(keep);
  const startMs = performance.now();
  let answered = 0;
  const worker = async (): Promise<void> => {
    while (answered < ENOUGH_ANSWERS && performance.now() - startMs < LIMIT_MS) {
      if ((await ask(agent, port, path)) === 200) answered++;
      else await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
}

/** @returns the status; 0 when there is no answer */
function ask(agent: Agent, port: number, path: string): Promise<number> {
  const send = agent instanceof TlsAgent ? requestTls : request;
  return new Promise((done) => {
    const call = send({ agent, host: '127.0.0.1', port, path }, (answer) => {
      answer.resume().once('end', () => {
        done(answer.statusCode ?? 0);
      });
    });
    call.once('error', () => {
      done(0);
    });
    call.end();
  });
}
