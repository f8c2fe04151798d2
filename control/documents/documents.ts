/** The declared documents: applied all or nothing, and only as a set that fits together. */
import { CONFIG_KINDS, keyOf } from '../../contracts/document.ts';
import type { Document, SourceDocument } from '../../contracts/document.ts';
import type { ApplyResult } from '../../contracts/api.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { checkDocument } from '../../contracts/parse.ts';
import { crossCheck } from '../../contracts/validate.ts';
import type { Store } from '../store/store.ts';
import { InvalidDocuments } from './invalid-documents.ts';
import type { DocumentProblem } from './invalid-documents.ts';

/** What changed, for those who must tell the proxies. */
export type Change = {
  readonly version: number;
  readonly base: number;
  readonly set: readonly SourceDocument[];
  readonly remove: readonly string[];
};

export class Documents {
  readonly #store: Store;
  readonly #byKey = new Map<string, SourceDocument>();
  #version: number;
  /** One change at a time: each is checked against the set that the one before it left. */
  #last: Promise<unknown> = Promise.resolve();
  onChange: (change: Change) => void = () => {};

  constructor(store: Store, documents: readonly SourceDocument[], version: number) {
    this.#store = store;
    this.#version = version;
    for (const document of documents) this.#byKey.set(keyOf(document), document);
  }

  static async load(store: Store): Promise<Documents> {
    return new Documents(store, await store.documents(), await store.configVersion());
  }

  get version(): number {
    return this.#version;
  }

  all(): readonly SourceDocument[] {
    return [...this.#byKey.values()];
  }

  /** What the proxies receive. */
  config(): readonly SourceDocument[] {
    return this.all().filter(isConfig);
  }

  get(kind: string, name: string): SourceDocument | undefined {
    return this.#byKey.get(`${kind}/${name}`);
  }

  /** @throws InvalidDocuments with every problem; then nothing is changed */
  apply(sources: readonly SourceDocument[], dryRun: boolean): Promise<ApplyResult> {
    return this.#next(async () => {
      check(sources, this.#afterSetting(sources));
      const results = sources.map((source) => ({ key: keyOf(source), action: this.#actionOf(source) }));
      const changed = sources.filter((source) => this.#actionOf(source) !== 'unchanged');
      if (!dryRun && changed.length > 0) await this.#change(changed, []);
      return { version: this.#version, results };
    });
  }

  /** @throws MeshproofError DOCUMENT_NOT_FOUND, or DOCUMENT_IN_USE when another document needs it */
  remove(kind: string, name: string): Promise<void> {
    const key = `${kind}/${name}`;
    return this.#next(async () => {
      if (!this.#byKey.has(key)) throw new MeshproofError('DOCUMENT_NOT_FOUND', `${key} is not declared`);
      const rest = this.all().filter((d) => keyOf(d) !== key);
      const problems = problemsOf(rest.filter(isConfig));
      if (problems[0])
        throw new MeshproofError(
          'DOCUMENT_IN_USE',
          `${problems[0].path}: ${problems[0].message}; change or delete that first`,
        );
      await this.#change([], [key]);
    });
  }

  /** Rewrites one document in its present form, in turn with all other changes. @returns false when nothing was to be done */
  edit(kind: string, name: string, change: (source: SourceDocument) => SourceDocument | undefined): Promise<boolean> {
    return this.#next(async () => {
      const source = this.get(kind, name);
      if (!source) throw new MeshproofError('DOCUMENT_NOT_FOUND', `${kind}/${name} is not declared`);
      const changed = change(source);
      if (!changed) return false;
      check([changed], this.#afterSetting([changed]));
      await this.#change([changed], []);
      return true;
    });
  }

  async #change(set: readonly SourceDocument[], remove: readonly string[]): Promise<void> {
    const configSet = set.filter(isConfig);
    const configRemove = remove.filter((key) => CONFIG_KINDS.some((kind) => key.startsWith(`${kind}/`)));
    const bumps = configSet.length + configRemove.length > 0;
    const base = this.#version;
    this.#version = await this.#store.changeDocuments(set, remove, bumps);
    for (const source of set) this.#byKey.set(keyOf(source), source);
    for (const key of remove) this.#byKey.delete(key);
    if (bumps) this.onChange({ version: this.#version, base, set: configSet, remove: configRemove });
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #afterSetting(sources: readonly SourceDocument[]): SourceDocument[] {
    const keys = new Set(sources.map((s) => keyOf(s)));
    return [...this.config().filter((d) => !keys.has(keyOf(d))), ...sources];
  }

  #actionOf(source: SourceDocument): 'created' | 'changed' | 'unchanged' {
    const old = this.#byKey.get(keyOf(source));
    if (!old) return 'created';
    return JSON.stringify(old) === JSON.stringify(source) ? 'unchanged' : 'changed';
  }
}

function isConfig(source: SourceDocument): boolean {
  return CONFIG_KINDS.some((kind) => kind === source.kind);
}

/** Each document by itself, then all of them together. */
function check(sources: readonly SourceDocument[], together: readonly SourceDocument[]): void {
  const own = sources.flatMap((source) => problemsOfOne(source));
  const problems = own.length > 0 ? own : problemsOf(together);
  if (problems.length > 0) throw new InvalidDocuments(problems);
}

function problemsOfOne(source: SourceDocument): DocumentProblem[] {
  const checked = checkDocument(source);
  if (checked.ok) return [];
  const key = `${String(source.kind)}/${String(source.metadata?.name)}`;
  return checked.issues.map((issue) => ({
    key,
    path: `${key} ${issue.path.map(String).join('.')}`,
    message: issue.message,
  }));
}

function problemsOf(sources: readonly SourceDocument[]): DocumentProblem[] {
  const documents: Document[] = [];
  for (const source of sources) {
    const checked = checkDocument(source);
    if (checked.ok) documents.push(checked.document);
  }
  return crossCheck(documents).map((issue) => {
    const document = documents[issue.index];
    const key = document ? keyOf(document) : '';
    return { key, path: `${key} ${issue.path.map(String).join('.')}`, message: issue.message };
  });
}
