/** Files that a proxy keeps across restarts. */
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only the owner may read it. Durable when it resolves: a crash at any instant leaves the old file or the new one, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
