/** The configurations of the proxies that a benchmark compares: each forwards everything to one upstream, no access log. */
export const PORTS = { upstream: 17001, nginx: 17002, meshproof: 17003, envoy: 17004, haproxy: 17005 } as const;

const BODY = '0123456789'.repeat(10);

export function nginxUpstreamConfig(folder: string): string {
  return `daemon off; worker_processes 1; error_log ${folder}/upstream.log; pid ${folder}/upstream.pid;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  server { listen 127.0.0.1:${PORTS.upstream}; location / { default_type text/plain; return 200 "${BODY}"; } } }
`;
}

export function nginxProxyConfig(folder: string): string {
  return `daemon off; worker_processes 1; error_log ${folder}/proxy.log; pid ${folder}/proxy.pid;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000;
  upstream up { server 127.0.0.1:${PORTS.upstream}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${PORTS.nginx};
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`;
}

export function ourConfig(): string {
  return `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "127.0.0.1:${PORTS.meshproof}", defaultService: up}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: up}
spec: {stable: v1, versions: {v1: {endpoints: ["127.0.0.1:${PORTS.upstream}"]}}}
`;
}

export function haproxyConfig(): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend in
  bind 127.0.0.1:${PORTS.haproxy}
  default_backend up
backend up
  server up 127.0.0.1:${PORTS.upstream}
`;
}

/** With what a mesh has on: the router, a retry policy, the fault filter, and statistics. */
export function envoyConfig(): string {
  const type = (name: string): string => `"@type": type.googleapis.com/envoy.extensions.filters.${name}`;
  return `static_resources:
  listeners:
  - address: {socket_address: {address: 127.0.0.1, port_value: ${PORTS.envoy}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          ${type('network.http_connection_manager.v3.HttpConnectionManager')}
          stat_prefix: ingress
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: "/"}
                route: {cluster: up, retry_policy: {retry_on: "5xx", num_retries: 2}}
          http_filters:
          - name: envoy.filters.http.fault
            typed_config: {${type('http.fault.v3.HTTPFault')}}
          - name: envoy.filters.http.router
            typed_config: {${type('http.router.v3.Router')}}
  clusters:
  - name: up
    type: STATIC
    load_assignment:
      cluster_name: up
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${PORTS.upstream}}}}}]}]
`;
}
