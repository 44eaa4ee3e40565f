import './nonce';
import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { CarryHeaders } from './carry-headers';
import { openSession, readExamples } from './session';
import { browserStore, careful, persistsHeaders } from './storage';

// Relative to the page, so that a prefix put before the gateway by a proxy changes nothing.
const endpoint = new URL('graphql', document.baseURI);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol.replace('http', 'ws');

const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  subscriptionUrl: socket.href,
  enableIncrementalDelivery: false,
});

const store = browserStore();
const { tabs, active } = openSession(store, readExamples());

createRoot(document.getElementById('playground')!).render(
  <GraphiQL
    fetcher={fetcher}
    storage={(store && careful(store)) as Storage | undefined} // null: nothing is kept
    defaultTabs={tabs}
    initialQuery={active.query}
    initialVariables={active.variables ?? ''}
    initialHeaders={active.headers ?? ''}
    shouldPersistHeaders={persistsHeaders(store)}
    showPersistHeadersSettings
    defaultEditorToolsVisibility
  >
    <GraphiQL.Logo>Stellr Gateway</GraphiQL.Logo>
    <CarryHeaders />
  </GraphiQL>,
);
