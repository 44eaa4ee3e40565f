// How Hive Gateway runs: what saves it work is on, and what only costs is off.
import { defineConfig } from '@graphql-hive/gateway'
import { useDeduplicateRequest } from '@graphql-hive/plugin-deduplicate-request'

export const gatewayConfig = defineConfig({
  pollingInterval: 0,
  landingPage: false,
  graphiql: false,
  logging: 'error',
  healthCheckEndpoint: false,
  readinessCheckEndpoint: false,
  plugins: () => [useDeduplicateRequest()], // each product once for one answer
})
