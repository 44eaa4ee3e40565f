// One customer, which is asked for again by its global id, and the pages of what it has.
import { graphql } from 'relay-runtime';

export const card = graphql`
  fragment CustomerCard_customer on Customer @refetchable(queryName: "CustomerCardRefetchQuery") {
    customerNo
    name
    status
    recurring {
      price {
        amount
        currency
      }
    }
    ...CustomerCard_subscriptions
    ...CustomerCard_invoices
  }
`;

export const subscriptions = graphql`
  fragment CustomerCard_subscriptions on Customer
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "CustomerCardSubscriptionsQuery") {
    subscriptions(first: $count, after: $cursor, filter: { status: ACTIVE }) @connection(key: "CustomerCard_subscriptions") {
      edges {
        node {
          ...SubscriptionRow_subscription
        }
      }
    }
  }
`;

// Backwards, from the end.
export const invoices = graphql`
  fragment CustomerCard_invoices on Customer
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "CustomerCardInvoicesQuery") {
    invoices(last: $count, before: $cursor) @connection(key: "CustomerCard_invoices") {
      edges {
        node {
          invoiceNo
          total {
            amount
            currency
          }
        }
      }
    }
  }
`;
