// All customers, page by page, from the root.
import { graphql } from 'relay-runtime';

export const list = graphql`
  fragment CustomerList_customers on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }, filter: { type: "CustomerFilter" })
  @refetchable(queryName: "CustomerListPageQuery") {
    customers(first: $count, after: $cursor, filter: $filter, orderBy: { field: NAME, direction: ASC })
      @connection(key: "CustomerList_customers", filters: ["filter"]) {
      edges {
        node {
          id
          ...CustomerCard_customer
        }
      }
      totalCount
    }
  }
`;

export const page = graphql`
  query CustomerListQuery($filter: CustomerFilter) {
    ...CustomerList_customers @arguments(filter: $filter)
  }
`;
