// Makes the supergraph that Hive Gateway serves, for the questions of the benchmark. $UPSTREAM is the upstream's URL.
import { defineConfig } from '@graphql-mesh/compose-cli'
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema'

const text = { type: 'string' }
const number = { type: 'integer' }

function record(title, properties) {
  return { type: 'object', title, properties }
}

function answer(of) {
  return record(of.title + 'Answer', { data: of })
}

function page(of) {
  return record(of.title + 'Page', { data: record(of.title + 'Records', { records: { type: 'array', items: of } }) })
}

const customer = record('Customer', { customerNo: number, name: text, email: text, domain: text, status: text })
const subscription = record('Contract', { subscriptionId: text, productName: text, quantity: number, status: text, productId: number })
const product = record('Product', { productId: number, productName: text, skuNo: number })

function get(field, path, responseSchema) {
  return { type: 'Query', method: 'GET', field, path, responseSchema }
}

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph('Stellr', {
        endpoint: process.env.UPSTREAM,
        operations: [
          get('customers', '/api/v1/cloud/customers?pageNo=1&pageSize=100', page(customer)),
          get('customer', '/api/v1/cloud/customers/{args.no}', answer(customer)),
          get('subscriptions', '/api/v1/customers/{args.no}/subscriptions?pageNo=1&pageSize=200', page(subscription)),
          get('product', '/api/v1/cloud/products/{args.id}', answer(product)),
        ],
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type Customer {
      subscriptions: ContractPage
        @resolveTo(sourceName: "Stellr", sourceTypeName: "Query", sourceFieldName: "subscriptions", requiredSelectionSet: "{ customerNo }", sourceArgs: { no: "{root.customerNo}" })
    }
    extend type Contract {
      product: ProductAnswer
        @resolveTo(sourceName: "Stellr", sourceTypeName: "Query", sourceFieldName: "product", requiredSelectionSet: "{ productId }", sourceArgs: { id: "{root.productId}" })
    }
  `,
})
