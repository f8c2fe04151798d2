/** The command that does what a button does. */

export const COMMANDS = {
  apply: 'bin/meshproof apply -f mesh.yaml',
  run: 'bin/meshproof run canary.yaml --wait',
  demo: 'npm run demo',
  up: 'bin/meshproof up -f mesh.yaml',
  list: 'bin/meshproof get experiments',
  halt: 'bin/meshproof halt',
  watch: (name: string) => `bin/meshproof gate wait ${name}`,
  status: (name: string) => `bin/meshproof status ${name}`,
  journal: (name: string) => `bin/meshproof get journal ${name}`,
  abort: (name: string) => `bin/meshproof abort ${name}`,
  approve: (name: string) => `bin/meshproof approve ${name}`,
  pause: (name: string) => `bin/meshproof pause ${name}`,
  resume: (name: string) => `bin/meshproof resume ${name}`,
  promote: (name: string) => `bin/meshproof promote ${name}`,
} as const;
