// What Hive Gateway does for free is switched on, and what only costs is off.
import { defineConfig } from '@graphql-hive/gateway'

export const gatewayConfig = defineConfig({
  pollingInterval: 0,
  landingPage: false,
  graphiql: false,
  logging: 'error',
  healthCheckEndpoint: false,
  readinessCheckEndpoint: false,
})
