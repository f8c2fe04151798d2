/** Asks a provider for one figure. Everything that goes wrong is "no data", with the reason. */
import type { Provider } from '../../contracts/check.ts';
import type { Measurement } from '../../experiments/ports.ts';
import { getJson } from './get-json.ts';
import { numberAt } from './json-path.ts';
import { numberOfInstant } from './prometheus.ts';

/** @param variables - for {{name}} in queries and URLs; in a URL they are encoded */
export async function measure(
  { prometheus, web, allowPrivate }: Provider,
  variables: Readonly<Record<string, string>>,
): Promise<Measurement> {
  try {
    if (prometheus) {
      const query = encodeURIComponent(fill(prometheus.query, variables, (text) => text));
      const url = `${prometheus.address.replace(/\/+$/, '')}/api/v1/query?query=${query}`;
      return numberOfInstant(await getJson(url, { allowPrivate }));
    }
    if (!web) return { value: null, why: 'no provider is named' };
    const url = fill(web.url, variables, encodeURIComponent);
    return numberAt(
      await getJson(url, { allowPrivate, ...(web.headers ? { headers: web.headers } : {}) }),
      web.jsonPath,
    );
  } catch (error) {
    return { value: null, why: error instanceof Error ? error.message : String(error) };
  }
}

function fill(text: string, variables: Readonly<Record<string, string>>, encode: (text: string) => string): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    const value = variables[name];
    return value === undefined ? whole : encode(value);
  });
}
