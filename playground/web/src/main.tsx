import './nonce';
import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { accessPlugin } from './access';
import { Calls } from './calls';
import { CarryHeaders } from './carry-headers';
import { examplesPlugin, narrow } from './examples';
import { asking } from './fetcher';
import { Key, tabStore } from './key';
import { picksOf, readExamples } from './picks';
import { RevealTab } from './reveal-tab';
import { openSession } from './session';
import { browserStore, careful, persistsHeaders } from './storage';
import { waterfallPlugin } from './waterfall';

// Relative to the page, so that a prefix put before the gateway by a proxy changes nothing.
const endpoint = new URL('graphql', document.baseURI);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol.replace('http', 'ws');

const key = new Key(tabStore());
const store = browserStore();
const calls = new Calls(store);
const fetcher = asking(
  createGraphiQLFetcher({
    url: endpoint.href,
    subscriptionUrl: socket.href,
    enableIncrementalDelivery: false,
  }),
  key,
  calls,
);

const examples = readExamples();
const picker = examplesPlugin(examples.flatMap(picksOf));
const plugins = [picker, HISTORY_PLUGIN, waterfallPlugin(calls), accessPlugin(key)];
const { tabs, active, first } = openSession(store, examples);
if (first && !narrow()) {
  store?.setItem('graphiql:visiblePlugin', picker.title); // on a narrow screen it would stand on the editors
}

createRoot(document.getElementById('playground')!).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
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
    <RevealTab />
  </GraphiQL>,
);
