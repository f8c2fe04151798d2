/** The addresses of the control plane's API. Free of schemas, so that the dashboard's bundle can name them cheaply. */

export const DEFAULT_CONTROL = '127.0.0.1:9900';

/** The live stream (WebSocket); its messages are in live.ts. */
export const LIVE_PATH = '/api/v1/live';
/** Requests as they end (WebSocket); its question and messages are in tap.ts. */
export const TAP_PATH = '/api/v1/tap';

export const API = {
  documents: '/api/v1/documents',
  document: (kind: string, name: string) => `/api/v1/documents/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`,
  services: '/api/v1/services',
  service: (name: string) => `/api/v1/services/${encodeURIComponent(name)}`,
  experiments: '/api/v1/experiments',
  experiment: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}`,
  journal: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/journal`,
  deliveries: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/deliveries`,
  chain: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/journal/chain`,
  chains: '/api/v1/journals/chains',
  points: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/points`,
  abort: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/abort`,
  promote: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/promote`,
  approve: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/approve`,
  pause: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/pause`,
  resume: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/resume`,
  goals: (name: string) => `/api/v1/experiments/${encodeURIComponent(name)}/goals`,
  incoming: (name: string, sender: string) =>
    `/api/v1/experiments/${encodeURIComponent(name)}/incoming/${encodeURIComponent(sender)}`,
  gate: (name: string) => `/api/v1/gates/${encodeURIComponent(name)}`,
  halt: '/api/v1/halt',
  proxies: '/api/v1/proxies',
  authority: '/api/v1/ca',
  rotateAuthority: '/api/v1/ca/rotate',
  health: '/healthz',
  openapi: '/openapi.json',
} as const;
