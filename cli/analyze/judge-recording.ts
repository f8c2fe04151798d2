/** Streams a recording through the judge: constant memory, however long it is. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { startRequestJudge } from '../../analyzer/requests/request-judge.ts';
import type { RequestJudge, RequestVerdict } from '../../analyzer/requests/request-judge.ts';
import type { JudgeConfig } from '../../analyzer/sequential/judge.ts';
import { UsageError } from '../failure.ts';
import type { FieldMap } from './field-map.ts';

const READ_BYTES = 1024 * 1024;

/** @param path - `-` for standard input @throws UsageError when the file cannot be read */
export async function judgeRecording(
  path: string,
  config: JudgeConfig,
  map: FieldMap | undefined,
): Promise<RequestVerdict> {
  const judge = startRequestJudge(config);
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: READ_BYTES });
  try {
    if (map === undefined) {
      for await (const chunk of stream) if (judge.push(chunk as Buffer)) break;
    } else await mapped(stream, judge, map);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    throw new UsageError(
      `${path} cannot be read (${code})`,
      'name a file with one JSON object a line, or - for standard input',
    );
  }
  return judge.end();
}

async function mapped(stream: NodeJS.ReadableStream, judge: RequestJudge, map: FieldMap): Promise<void> {
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (text.trim() === '') continue;
    const request = map(parseObject(text));
    // A line that is no request of either arm is counted as unreadable by the judge.
    if (judge.take(request ?? ({} as never))) return;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
