/** Which service a server name means: exact names first, then the longest suffix (`*.example.org`). */

/** @param services - name or `*.suffix` to whatever stands for the service */
export function byServerName<T>(services: Readonly<Record<string, T>>): (name: string | undefined) => T | undefined {
  const exact = new Map<string, T>();
  const suffixes: { readonly suffix: string; readonly service: T }[] = [];
  for (const [pattern, service] of Object.entries(services)) {
    const lower = pattern.toLowerCase();
    if (lower.startsWith('*.')) suffixes.push({ suffix: lower.slice(1), service });
    else exact.set(lower, service);
  }
  suffixes.sort((a, b) => b.suffix.length - a.suffix.length);
  return (name) => {
    if (name === undefined) return undefined;
    return (
      exact.get(name) ?? suffixes.find(({ suffix }) => name.endsWith(suffix) && name.length > suffix.length)?.service
    );
  };
}
