// The rules of graphql-eslint for a schema, and those for a schema that Relay can use, over the printed schema. What the
// public names contradict is excepted here, one by one.
import { fileURLToPath } from 'node:url';
import graphql from '@graphql-eslint/eslint-plugin';

const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphql.configs;

// Types that are values: they are met in something that has an identity, and have none of their own.
const values = [
  'Address', 'AssignedSubscription', 'InvoiceLine', 'InvoiceReport', 'InvoiceTotal', 'LicenseMatch', 'Money', 'OperationResult',
  'PageInfo', 'Preview', 'PriceTier', 'Recurring', 'Renewal', 'RenewalPlan', 'Upstream', 'UserError', 'VendorAccountCheck', 'Viewer',
];

const accepted = [
  // The keys that people know are Stellr's words, and told from the global `id` by their longer names.
  { rule: 'no-typename-prefix', at: /^ {2}(customerNo|subscriptionId|productId|vendorId|invoiceNo|operationId): ID!$/ },
  // Two words of the trade, of which the type has only one.
  { rule: 'no-typename-prefix', at: /^ {2}(agreementType: String!|renewalDate: Date!)$/ },
  // Values have no identity, so what lists them has nothing that could be asked for again.
  { rule: 'relay-edge-types', at: /^type (InvoiceLine|Renewal)Edge \{$/ },
];

let lines = [];
const exceptions = {
  preprocess(text) {
    lines = text.split('\n');
    return [text];
  },
  postprocess: ([messages]) =>
    messages.filter(m => !accepted.some(({ rule, at }) => m.ruleId === `@graphql-eslint/${rule}` && at.test(lines[m.line - 1]))),
};

export default [
  {
    files: ['**/*.graphql'],
    processor: exceptions,
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.SCHEMA ?? fileURLToPath(new URL('../../schema.graphql', import.meta.url)) } },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...recommended.rules,
      ...relay.rules,
      '@graphql-eslint/naming-convention': [
        'error',
        {
          ...recommended.rules['@graphql-eslint/naming-convention'][1],
          // `Subscription` is a customer's subscription here, not the root of that name.
          'FieldDefinition[parent.name.value=Subscription]': {},
        },
      ],
      // Payloads, connections and edges are values by what they are for.
      '@graphql-eslint/strict-id-in-types': ['error', { exceptions: { types: values, suffixes: ['Payload', 'Connection', 'Edge'] } }],
      // Connections have `nodes` beside `edges`, and there are plain lists where a list is short.
      '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
    },
  },
];
