// One subscription, what is done to it, and what is told of it.
import { graphql } from 'relay-runtime';

export const row = graphql`
  fragment SubscriptionRow_subscription on Subscription @refetchable(queryName: "SubscriptionRowRefetchQuery") {
    subscriptionId
    name
    quantity
    status
    allowedActions
    product {
      name
      vendor {
        name
      }
    }
  }
`;

export const some = graphql`
  query SubscriptionRowNodesQuery($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ...SubscriptionRow_subscription @alias(as: "row")
      ... on Product {
        related(first: 5) @connection(key: "SubscriptionRow_related") {
          edges {
            node {
              name
            }
          }
        }
      }
    }
  }
`;

export const seats = graphql`
  mutation SubscriptionRowSeatsMutation($input: ChangeSeatsInput!) @raw_response_type {
    changeSeats(input: $input) {
      subscription {
        ...SubscriptionRow_subscription
      }
      operation {
        operationId
        status
      }
      replayed
      userErrors {
        code
        message
        field
      }
    }
  }
`;

// What is ordered joins the list that is shown, and what ends leaves it.
export const order = graphql`
  mutation SubscriptionRowOrderMutation($input: CreateSubscriptionsInput!, $connections: [ID!]!) {
    createSubscriptions(input: $input) {
      subscriptions @appendNode(connections: $connections, edgeTypeName: "SubscriptionEdge") {
        ...SubscriptionRow_subscription
      }
    }
  }
`;

export const cancel = graphql`
  mutation SubscriptionRowCancelMutation($input: CancelSubscriptionInput!, $connections: [ID!]!) {
    cancelSubscription(input: $input) {
      subscription {
        id @deleteEdge(connections: $connections)
      }
    }
  }
`;

export const progress = graphql`
  subscription SubscriptionRowProgressSubscription($operationId: ID!) {
    operationUpdated(operationId: $operationId) {
      status
      subscription {
        ...SubscriptionRow_subscription
      }
    }
  }
`;
