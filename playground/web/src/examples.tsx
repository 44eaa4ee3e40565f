import { pick, useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { getOperationAST, parse } from 'graphql';
import type { Pick } from './picks';
import { same } from './session';

/** The pane with the operations to begin with, by topic. */
export function examplesPlugin(picks: Pick[]): GraphiQLPlugin {
  return {
    title: 'Examples',
    icon: () => (
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        <path d="M12 6c-2-1.6-5-2-9-2v14c4 0 7 .4 9 2 2-1.6 5-2 9-2V4c-4 0-7 .4-9 2v14" />
      </svg>
    ),
    content: () => <Examples picks={picks} />,
  };
}

/** Where the panes stand one above the other, as in style.css. */
export const narrow = () => window.matchMedia('(max-width: 700px)').matches;

function Examples({ picks }: { picks: Pick[] }) {
  const open = useOpen();
  const shown = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]);
  const topics = [...new Set(picks.map(one => one.topic))];

  return (
    <section className="examples">
      <h2>Examples</h2>
      <p className="hint">What you choose opens in a tab. Run it with the button beside it, or Ctrl/Cmd+Enter.</p>
      {topics.map(topic => (
        <section key={topic}>
          <h3>{titleOf(topic)}</h3>
          <ul>
            {picks
              .filter(one => one.topic === topic)
              .map(one => (
                <li key={one.name}>
                  <button type="button" onClick={() => open(one)} aria-current={(shown && same(shown, one)) || undefined}>
                    <span className="name">{one.name}</span> <span className="kind">{one.kind}</span>
                    {one.says && <span className="says">{one.says}</span>}
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

/** Goes to the tab that holds an example as it is, or else opens one; an empty tab is filled. */
function useOpen() {
  const { addTab, changeTab, setVisiblePlugin, setOperationFacts, stop, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(pick('tabs', 'activeTabIndex', 'queryEditor', 'variableEditor'));

  return ({ query, variables }: Pick) => {
    if (!queryEditor || !variableEditor) {
      return; // they are not loaded yet
    }
    const documentAST = parse(query);
    const operation = getOperationAST(documentAST)!; // a pick is one operation
    const written = { query: queryEditor.getValue(), variables: variableEditor.getValue() }; // the tabs hear of it a moment later
    const held = tabs.map((tab, i) => (i === activeTabIndex ? written : tab)).findIndex(tab => same(tab, { query, variables }));
    if (held >= 0 && held !== activeTabIndex) {
      changeTab(held);
    } else if (held < 0) {
      stop(); // what a subscription brings goes to the open tab, whichever that is
      if (written.query.trim() || written.variables.trim()) {
        addTab();
      }
      queryEditor.setValue(query);
      variableEditor.setValue(variables);
      updateActiveTabValues({ query, variables, operationName: operation.name?.value ?? null });
    }
    // GraphiQL reads an editor a moment later. Whoever runs it before that would ask for the operation that was open before.
    setOperationFacts({ documentAST, operationName: operation.name?.value, operations: [operation] });
    if (narrow()) {
      setVisiblePlugin(null);
    }
    queryEditor.focus();
  };
}

const titleOf = (topic: string) => (topic ? topic[0]!.toUpperCase() + topic.slice(1).replaceAll('-', ' ') : 'Others');
