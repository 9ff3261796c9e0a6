// What a request used and what it cost: as the service says, by the prices in the config node, or as estimated.
import { isObject } from '../common/is-object.ts';
import type { Reply, Usage } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { textLength } from '../request/request-size.ts';

/** Of a million tokens each; `undefined` = not known. */
export interface Prices {
  input: number | undefined;
  /** Of input tokens that the service had cached; `input` where it is not known. */
  cached: number | undefined;
  output: number | undefined;
}

/** What one request used. */
export interface Spent {
  prompt_tokens: number;
  completion_tokens: number;
  tokens: number;
  /** `undefined` = not known. */
  cost: number | undefined;
}

/** Where a service does not say what was used. */
const CHARACTERS_PER_TOKEN = 4;

export const NOTHING_SPENT: Spent = { prompt_tokens: 0, completion_tokens: 0, tokens: 0, cost: 0 };

/**
 * What a request used that was answered, be it in part.
 * @param text what had come of a reply that failed as a whole
 */
export function spentOn(request: ChatRequest, reply: Reply | undefined, prices: Prices, text = ''): Spent {
  const usage = reply?.requestUsage;
  const given = usage && tokensOf(usage);
  if (usage && given) return { ...given, cost: costOf(given, usage, prices) };
  const estimated = withTotal(
    tokensIn(textLength(request.messages)),
    tokensIn(reply ? lengthOf(reply) : text.length),
  );
  return { ...estimated, cost: costOf(estimated, usage ?? {}, prices) };
}

/** What two requests cost together; not known unless both are. */
export function addCosts(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return undefined;
  // Sums of prices have no more digits than that.
  return Number((one + other).toPrecision(12));
}

type Tokens = Omit<Spent, 'cost'>;

/** The counts of a `usage`, if it has any. */
function tokensOf(usage: Usage): Tokens | undefined {
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  if (![prompt_tokens, completion_tokens, total_tokens].some(isCount)) return undefined;
  const tokens = withTotal(countOf(prompt_tokens), countOf(completion_tokens));
  return { ...tokens, tokens: isCount(total_tokens) ? total_tokens : tokens.tokens };
}

function withTotal(prompt_tokens: number, completion_tokens: number): Tokens {
  return { prompt_tokens, completion_tokens, tokens: prompt_tokens + completion_tokens };
}

function costOf(
  { prompt_tokens, completion_tokens }: Tokens,
  usage: Usage,
  prices: Prices,
): number | undefined {
  const { input, output } = prices;
  if (input === undefined || output === undefined) return isCount(usage.cost) ? usage.cost : undefined;
  const cached = Math.min(cachedTokens(usage), prompt_tokens);
  const fresh = prompt_tokens - cached;
  return (fresh * input + cached * (prices.cached ?? input) + completion_tokens * output) / 1_000_000;
}

/** OpenAI's name for them, and DeepSeek's. */
function cachedTokens({ prompt_tokens_details: details, prompt_cache_hit_tokens }: Usage): number {
  return countOf(isObject(details) ? details.cached_tokens : prompt_cache_hit_tokens);
}

function lengthOf({ choices }: Reply): number {
  return choices.reduce(
    (length, { text, reasoning, toolCalls }) =>
      length +
      text.length +
      reasoning.length +
      toolCalls.reduce((sum, call) => sum + call.function.name.length + call.function.arguments.length, 0),
    0,
  );
}

function tokensIn(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function countOf(value: unknown): number {
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
