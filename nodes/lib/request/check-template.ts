// What is wrong with a prompt template, or probably wrong, before any message comes.
import { flattenTokens, looksUp, parseTokens, type Token } from './template-tokens.ts';

export interface TemplateProblem {
  kind:
    | 'syntax'
    | 'unclosed_tag'
    | 'unclosed_section'
    | 'unopened_section'
    | 'partial'
    | 'msg_prefix'
    | 'brackets';
  /** A hint may be meant that way; anything else fails when a message comes. */
  severity: 'error' | 'hint';
  /** Offset of the tag in the template. */
  position: number;
  /** The name in the tag, or mustache's own words for `syntax`. */
  name: string;
  /** What was probably meant. */
  suggestion?: string;
}

/** Finds syntax errors and partials, which fail, and names that the core Template node would not find either. */
export function checkTemplate(template: string): TemplateProblem[] {
  let tokens: Token[];
  try {
    tokens = parseTokens(template);
  } catch (error) {
    return [syntaxProblem(template, error instanceof Error ? error.message : String(error))];
  }
  return flattenTokens(tokens).flatMap((token): TemplateProblem[] => {
    const [type, name, position] = token;
    if (type === '>') return [{ kind: 'partial', severity: 'error', position, name }];
    if (!looksUp(token)) return [];
    const suggestion = suggestName(name);
    if (suggestion === name) return [];
    const kind = name.startsWith('msg.') ? 'msg_prefix' : 'brackets';
    return [{ kind, severity: 'hint', position, name, suggestion }];
  });
}

/** The errors that mustache's parser throws, as it words them. */
const SYNTAX_ERRORS = [
  { kind: 'unclosed_tag', pattern: /^Unclosed tag at (?<position>\d+)/ },
  { kind: 'unclosed_section', pattern: /^Unclosed section "(?<name>.*)" at (?<position>\d+)/ },
  { kind: 'unopened_section', pattern: /^Unopened section "(?<name>.*)" at (?<position>\d+)/ },
] as const;

function syntaxProblem(template: string, words: string): TemplateProblem {
  for (const { kind, pattern } of SYNTAX_ERRORS) {
    const { name = '', position } = pattern.exec(words)?.groups ?? {};
    if (position === undefined) continue;
    return { kind, severity: 'error', position: opening(template, kind, name) ?? Number(position), name };
  }
  return { kind: 'syntax', severity: 'error', position: 0, name: words };
}

/** Where what was left open begins; the parser only says where it noticed. Unknown when tags were redefined. */
function opening(template: string, kind: TemplateProblem['kind'], name: string): number | undefined {
  if (kind === 'unopened_section') return undefined;
  if (kind === 'unclosed_tag') return found(template.indexOf('{{', template.lastIndexOf('}}') + 1));
  const tag = [...template.matchAll(/\{\{\s*[#^]\s*(.*?)\s*\}\}/g)].findLast((match) => match[1] === name);
  return tag?.index;
}

function found(index: number): number | undefined {
  return index < 0 ? undefined : index;
}

/** In context names brackets are right: what follows `flow.` is a Node-RED property expression. */
function suggestName(name: string): string {
  const plain = name.replace(/^msg\./, '');
  if (/^(flow|global|env)\b/.test(plain)) return plain;
  return plain.replace(/\[\s*(?:(\d+)|"([^"]*)"|'([^']*)')\s*\]/g, '.$1$2$3');
}
