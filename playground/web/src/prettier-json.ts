// Stands in for the JavaScript parser and printer (540 kB) that GraphiQL loads with Prettier
// only to lay out JSON with comments: the variables and the headers.
import { applyEdits, format } from 'jsonc-parser';

type Text = { text: string };

export const parsers = {
  jsonc: {
    parse: (text: string): Text => ({ text }),
    astFormat: 'jsonc',
    locStart: () => 0,
    locEnd: ({ text }: Text) => text.length,
  },
};

export const printers = {
  jsonc: {
    print: ({ node }: { node: Text }) => applyEdits(node.text, format(node.text, undefined, layout)).trim(),
  },
};

const layout = { tabSize: 2, insertSpaces: true, eol: '\n' };
