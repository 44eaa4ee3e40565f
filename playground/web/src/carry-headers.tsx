import { useGraphiQL } from '@graphiql/react';
import { useEffect, useRef } from 'react';

/**
 * GraphiQL keeps headers tab by tab. Whoever types a key once wants it in the next tab
 * too, so what was typed last goes into each opened tab that has no headers of its own.
 */
export function CarryHeaders() {
  const { editor, active } = useGraphiQL(state => ({ editor: state.headerEditor, active: state.activeTabIndex }));
  const typed = useRef('');

  useEffect(() => {
    if (!editor) {
      return;
    }
    if (!editor.getValue() && typed.current) {
      editor.setValue(typed.current);
    }
    const listener = editor.onDidChangeModelContent(change => {
      if (!change.isFlush) {
        typed.current = editor.getValue();
      }
    });
    return () => listener.dispose();
  }, [editor, active]);

  return null;
}
