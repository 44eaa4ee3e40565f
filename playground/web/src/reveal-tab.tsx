import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** Scrolls the row of tabs to the one that is open: where there are many, or little room, it may lie beyond the edge. */
export function RevealTab() {
  const active = useGraphiQL(({ tabs, activeTabIndex }) => `${activeTabIndex} ${tabs[activeTabIndex]?.title}`);

  useEffect(() => {
    document.querySelector('.graphiql-tab-active')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [active]);

  return null;
}
