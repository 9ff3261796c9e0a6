// Replies as real services streamed them, and what they come to.
import { readFileSync } from 'node:fs';

export interface RecordedStream {
  name: string;
  chunks: object[];
  text: string;
  reasoning?: string;
  finish_reason: string;
  model: string;
  total_tokens: number;
  /** Name and arguments of its one tool call. */
  call?: [string, string];
}

const WEATHER = ['weather', '{"location": "San Francisco"}'] as [string, string];

const RECORDED: Omit<RecordedStream, 'chunks'>[] = [
  {
    name: 'mistral-text',
    text: 'Hello, world! This is a test response.',
    finish_reason: 'stop',
    model: 'mistral-small-latest',
    total_tokens: 21,
  },
  {
    name: 'mistral-reasoning',
    text: '2 + 2 = 4',
    reasoning: 'The user is asking for 2+2. This is basic arithmetic. 2+2=4.',
    finish_reason: 'stop',
    model: 'magistral-medium-2507',
    total_tokens: 56,
  },
  {
    name: 'mistral-tool-call',
    text: '',
    finish_reason: 'tool_calls',
    model: 'zai-glm-5-2',
    total_tokens: 185,
    call: ['webSearchTool', '{"query": "current Berlin weather"}'],
  },
  {
    name: 'xai-text',
    text: 'Hello',
    reasoning: 'First, the user said',
    finish_reason: 'stop',
    model: 'grok-3-mini',
    total_tokens: 303,
  },
  {
    name: 'azure-model-router',
    text: 'Capital of Denmark.',
    finish_reason: 'stop',
    model: 'gpt-5-nano-2025-08-07',
    total_tokens: 93,
  },
  {
    name: 'groq-tool-call',
    text: '',
    finish_reason: 'tool_calls',
    model: 'llama-3.3-70b-versatile',
    total_tokens: 225,
    call: ['weather', '{}'],
  },
  {
    name: 'alibaba-tool-call',
    text: '',
    finish_reason: 'tool_calls',
    model: 'qwen3-max',
    total_tokens: 317,
    call: WEATHER,
  },
  {
    name: 'deepseek-tool-call',
    text: '',
    reasoning:
      'The user is asking for the weather in San Francisco. I need to use the weather tool to get this ' +
      'information. Let me invoke the weather tool with the location parameter set to "San Francisco".',
    finish_reason: 'tool_calls',
    model: 'deepseek-reasoner',
    total_tokens: 422,
    call: WEATHER,
  },
  {
    name: 'perplexity-text',
    text: '**EcoVista Day**[1][5]',
    finish_reason: 'stop',
    model: 'sonar',
    total_tokens: 445,
  },
];

export const recordedStreams: RecordedStream[] = RECORDED.map((expected) => ({
  ...expected,
  chunks: readFileSync(new URL(`../fixtures/streams/${expected.name}.chunks.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)),
}));
