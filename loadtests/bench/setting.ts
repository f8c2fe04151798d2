/** What the environment says; a variable that is set to nothing says nothing. */
export function settingOf(name: string, otherwise: string, environment: NodeJS.ProcessEnv = process.env): string {
  const value = environment[name];
  return value === undefined || value === '' ? otherwise : value;
}
