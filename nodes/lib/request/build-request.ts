// The body of a chat completions request, from a message and the saved properties of a chat node.

import { ChatError, wordsOf } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import type { ChatSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';
import type { ReplyFormat } from '../reply/json-reply.ts';
import { createAttachmentsBuilder } from './attachments.ts';
import { type ChatMessage, createPromptBuilder, type Prompt } from './build-messages.ts';
import { createParametersBuilder } from './build-parameters.ts';
import type { TemplateSources } from './render-template.ts';

/** A request body. Fields that are not set are left out. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream?: true;
  stream_options?: object;
  n?: number;
  [parameter: string]: unknown;
}

/** A request, and its body as it goes out. */
export interface SentRequest {
  request: ChatRequest;
  body: string;
}

/** A request, and where in its messages the question stands. */
export interface BuiltRequest {
  request: ChatRequest;
  prompt: Prompt;
  /** Whether the author chose the `stream_options` himself. */
  hasOwnStreamOptions: boolean;
}

/** Builds the request for a message. Rejects with a ChatError before anything is sent. */
export type RequestBuilder = (
  message: object,
  defaultModel: string,
  extras: RequestExtras,
) => Promise<BuiltRequest>;

/** What a request carries besides what the message is made into. */
export interface RequestExtras {
  format: ReplyFormat;
  /** Definitions of the functions that flows answer. */
  tools: object[];
}

type RequestSettings = Pick<
  ChatSettings,
  'messages' | 'attachments' | 'parameters' | 'model' | 'modelType' | 'stream' | 'activity'
>;

export function createRequestBuilder(
  settings: RequestSettings,
  evaluate: Evaluate,
  sources: TemplateSources,
): RequestBuilder {
  const buildPrompt = createPromptBuilder(settings.messages, evaluate, sources);
  const buildAttachments = createAttachmentsBuilder(settings.attachments, evaluate);
  const buildParameters = createParametersBuilder(settings.parameters, evaluate);
  // The platform's tools can be seen in a stream only.
  const stream = settings.stream || settings.activity;
  return async (message, defaultModel, { format, tools }) => {
    const [prompt, parameters, model] = await Promise.all([
      buildAttachments(message).then((attachments) => buildPrompt(message, attachments)),
      buildParameters(message),
      modelOf(settings, evaluate, message),
    ]);
    if (stream && typeof parameters.n === 'number' && parameters.n > 1)
      throw new ChatError('parameter_stream_n');
    if (tools.length > 0 && 'tools' in parameters) throw new ChatError('parameter_owned', { name: 'tools' });
    const request: ChatRequest = {
      model: model || defaultModel,
      messages: prompt.messages,
      ...(stream && { stream: true as const, stream_options: { include_usage: true } }),
      ...(format.request && { response_format: format.request }),
      ...(tools.length > 0 && { tools }),
      ...parameters,
    };
    return { request, prompt, hasOwnStreamOptions: 'stream_options' in parameters };
  };
}

async function modelOf(
  { model, modelType }: Pick<ChatSettings, 'model' | 'modelType'>,
  evaluate: Evaluate,
  message: object,
): Promise<string> {
  if (model.trim() === '') return '';
  try {
    return toText(await evaluate(model, modelType, message)).trim();
  } catch (error) {
    throw new ChatError('model_value', { type: modelType, value: model, words: wordsOf(error) });
  }
}
