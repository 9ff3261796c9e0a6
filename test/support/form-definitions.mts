// What the flow library and the scorecard of Node-RED packages can read from a node's html. They run none of its
// scripts: they cut them out with a regular expression and look for literals in their syntax tree.
import { type Node, type ObjectExpression, parse } from 'acorn';
import { simple } from 'acorn-walk';

const SCRIPT = /<script.+?type=['"]text\/javascript['"].*?>([\S\s]*?)<\/script>/gi;

export interface Definition {
  type: string;
  /** The properties that are written as literals. */
  literals: Record<string, unknown>;
  /** The names of the saved properties, when they are written in place. */
  defaults: string[] | undefined;
  /** The names of the credentials, when there are any and they are written in place. */
  credentials: string[] | undefined;
}

/** @throws where the definition of a type is out of their sight */
export function readDefinitions(html: string): Definition[] {
  const definitions: Definition[] = [];
  for (const [, script = ''] of html.matchAll(SCRIPT)) {
    simple(parse(script, { ecmaVersion: 'latest' }), {
      CallExpression({ callee, arguments: [type, definition] }) {
        if (callee.type !== 'MemberExpression' || !isNamed(callee.property, 'registerType')) return;
        if (type?.type !== 'Literal') throw new Error('The name of a type is no literal.');
        if (definition?.type !== 'ObjectExpression')
          throw new Error(`${type.value} is not defined in place.`);
        definitions.push(readDefinition(String(type.value), definition));
      },
    });
  }
  return definitions;
}

function readDefinition(type: string, definition: ObjectExpression): Definition {
  const literals: Record<string, unknown> = {};
  let defaults: string[] | undefined;
  let credentials: string[] | undefined;
  for (const property of definition.properties) {
    if (property.type !== 'Property') throw new Error(`${type} is spread from another object.`);
    const { key, value } = property;
    if (key.type !== 'Identifier') continue;
    if (value.type === 'Literal') literals[key.name] = value.value;
    if (key.name === 'defaults') defaults = keysOf(value);
    if (key.name === 'credentials') credentials = keysOf(value);
  }
  return { type, literals, defaults, credentials };
}

function keysOf(value: Node): string[] | undefined {
  if (value.type !== 'ObjectExpression') return undefined;
  return (value as ObjectExpression).properties.map((property) => {
    if (property.type !== 'Property' || property.key.type !== 'Identifier')
      throw new Error('No plain property.');
    return property.key.name;
  });
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && (node as Node & { name: string }).name === name;
}
