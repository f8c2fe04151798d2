/** What the conformance run of one case file says. */
export type ConformanceResult = {
  readonly file: string;
  readonly passed: number;
  readonly total: number;
  /** `case id: what was expected and what came`. */
  readonly failures: readonly string[];
};

/** Makes one of a case file's runs; rejects only when the file cannot be read. */
export type ConformanceRun = (casesDir: string) => Promise<ConformanceResult>;
