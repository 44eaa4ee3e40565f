import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The gateway serves the page at /dashboard/. While it is worked on, Vite does, and hands operations to a gateway beside it.
export default defineConfig({
  base: '/dashboard/',
  plugins: [react()],
  build: { assetsInlineLimit: 0 }, // the page's policy takes files and nothing that is written into them
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true } } },
})
