import type { CodegenConfig } from '@graphql-codegen/cli'
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset'

// Types and documents come from the gateway's schema files: no gateway needs to run. The documents are also written
// to src/gql/persisted-documents.json under their SHA-256, which is what GATEWAY_TRUSTED_DOCUMENTS takes.
const config: CodegenConfig = {
  schema: '../../graph/schema/*.graphqls',
  documents: 'src/**/*.{ts,tsx}',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      documentTransforms: [addTypenameSelectionDocumentTransform], // the client adds it too, and the hash is of the whole
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        useTypeImports: true,
        scalars: { Decimal: 'string', Date: 'string', DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
  silent: true,
}

export default config
