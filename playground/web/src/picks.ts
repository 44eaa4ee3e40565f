// What can be chosen of the examples that came with the page: each operation by itself.
import { Kind, OperationTypeNode, parse, TokenKind, visit, type ASTNode, type FragmentDefinitionNode, type OperationDefinitionNode, type Token } from 'graphql';

/** A file of examples, as the gateway sends it. */
export type Example = { topic?: string; query: string; variables?: string; open?: boolean };

/** One operation of it. */
export type Pick = {
  topic: string;
  name: string;
  kind: OperationTypeNode;
  says: string; // the comment above it
  query: string; // the operation with its comment, and the fragments that it needs
  variables: string;
};

export function readExamples(): Example[] {
  const text = document.getElementById('examples')?.textContent;
  return text ? (JSON.parse(text) as Example[]) : [];
}

/** The operations of an example, in order. A file with one operation is chosen as it is, with all that is written around it. */
export function picksOf({ topic = '', query, variables = '' }: Example): Pick[] {
  const { operations, fragments } = definitionsIn(query);
  return operations.map(operation => ({
    topic,
    name: operation.name?.value ?? (topic || 'Example'),
    kind: operation.operation,
    says: commentsAbove(operation).map(comment => comment.value.trim()).join(' '),
    query: operations.length === 1 ? query : [operation, ...neededBy(operation, fragments)].map(node => textOf(node, query)).join('\n\n') + '\n',
    variables,
  }));
}

type Definitions = { operations: OperationDefinitionNode[]; fragments: Map<string, FragmentDefinitionNode> };

/** Nothing where the text is no document: it can still be opened as a tab, for the editor to mark what is wrong. */
function definitionsIn(query: string): Definitions {
  const found: Definitions = { operations: [], fragments: new Map() };
  try {
    for (const definition of parse(query).definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) {
        found.operations.push(definition);
      } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        found.fragments.set(definition.name.value, definition);
      }
    }
  } catch {
    return { operations: [], fragments: new Map() };
  }
  return found;
}

/** The fragments that a definition spreads, and those that they spread. */
function neededBy(operation: ASTNode, fragments: Definitions['fragments']): FragmentDefinitionNode[] {
  const needed = new Set<FragmentDefinitionNode>();
  const look = (node: ASTNode) =>
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment && !needed.has(fragment)) {
          needed.add(fragment);
          look(fragment);
        }
      },
    });
  look(operation);
  return [...needed];
}

/** The comments that end on the line before a definition. */
function commentsAbove(node: ASTNode): Token[] {
  const comments: Token[] = [];
  let below = node.loc!.startToken;
  for (let token = below.prev; token?.kind === TokenKind.COMMENT && token.line === below.line - 1; token = token.prev) {
    comments.unshift(token);
    below = token;
  }
  return comments;
}

function textOf(node: ASTNode, query: string): string {
  return query.slice(commentsAbove(node)[0]?.start ?? node.loc!.start, node.loc!.end);
}
