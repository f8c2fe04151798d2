/** Opens a page in the person's browser, where there is one. Never a reason to fail. */
import { spawn } from 'node:child_process';

export function openInBrowser(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const program = programFor(process.platform, env);
  if (program === undefined) return;
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  // Without such a program the address that was printed has to do.
  child.on('error', () => undefined);
  child.unref();
}

/** @returns undefined where no screen is known of */
export function programFor(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (platform === 'darwin') return 'open';
  if (platform === 'win32') return undefined;
  return env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined ? 'xdg-open' : undefined;
}
