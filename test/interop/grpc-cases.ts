/** The cases of gRPC's interop client that need no cloud, through two proxies to its interop server. */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from '../free-port.ts';
import { runToEnd } from './go-programs.ts';
import { openGatewayTo } from './mesh.ts';

export const GRPC_CASES = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'timeout_on_sleeping_server',
  'cancel_after_begin',
  'cancel_after_first_response',
  'status_code_and_message',
  'special_status_message',
  'unimplemented_method',
  'unimplemented_service',
  'custom_metadata',
] as const;

export type CaseResult = { readonly name: string; readonly passed: boolean; readonly ms: number; readonly why: string };

/** @param server - the binary of the interop server @param client - that of the client */
export async function runGrpcCases(server: string, client: string): Promise<CaseResult[]> {
  const endpoint = await startServer(server);
  const inner = await openGatewayTo(endpoint.port, 'grpc');
  const outer = await openGatewayTo(inner.port, 'grpc');
  const results: CaseResult[] = [];
  try {
    for (const name of GRPC_CASES) {
      const startMs = performance.now();
      const args = ['-server_host', '127.0.0.1', '-server_port', String(outer.port), '-test_case', name];
      const { code, output } = await runToEnd(client, args, 60_000);
      const why = code === 0 ? '' : (output.trim().split('\n').at(-1) ?? '');
      results.push({ name, passed: code === 0, ms: Math.round(performance.now() - startMs), why });
    }
  } finally {
    endpoint.stop();
    await outer.close();
    await inner.close();
  }
  return results;
}

async function startServer(program: string): Promise<{ readonly port: number; readonly stop: () => void }> {
  const port = await freePort();
  const child = spawn(program, ['-port', String(port)], { stdio: 'ignore' });
  for (let tries = 0; child.exitCode === null && tries < 600; tries++) {
    if (await answers(port)) return { port, stop: () => child.kill('SIGKILL') };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`${program} does not listen on port ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
