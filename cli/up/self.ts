/** How this program starts itself again, for the processes of `up`. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../version.ts';

export const SELF = { program: process.execPath, script: join(PACKAGE_ROOT, 'dist', 'cli', 'main.js') } as const;
