// The body of a chat completions request, from a message and the saved properties of a chat node.
import { type ChatMessage, createMessagesBuilder } from './build-messages.ts';
import { createParametersBuilder } from './build-parameters.ts';
import { ChatError, wordsOf } from './errors.ts';
import type { Evaluate } from './evaluate.ts';
import type { TemplateSources } from './render-template.ts';
import type { ChatSettings } from './settings.ts';
import { toText } from './to-text.ts';

/** A request body. Fields that are not set are left out. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream?: true;
  stream_options?: object;
  n?: number;
  [parameter: string]: unknown;
}

/** Builds the request for a message. Rejects with a ChatError before anything is sent. */
export type RequestBuilder = (message: object, defaultModel: string) => Promise<ChatRequest>;

export function createRequestBuilder(
  settings: Pick<ChatSettings, 'messages' | 'parameters' | 'model' | 'modelType' | 'stream'>,
  evaluate: Evaluate,
  sources: TemplateSources,
): RequestBuilder {
  const buildMessages = createMessagesBuilder(settings.messages, evaluate, sources);
  const buildParameters = createParametersBuilder(settings.parameters, evaluate);
  const { stream } = settings;
  return async (message, defaultModel) => {
    const [messages, parameters, model] = await Promise.all([
      buildMessages(message),
      buildParameters(message),
      modelOf(settings, evaluate, message),
    ]);
    if (stream && typeof parameters.n === 'number' && parameters.n > 1)
      throw new ChatError('parameter_stream_n');
    return {
      model: model || defaultModel,
      messages,
      ...(stream && { stream, stream_options: { include_usage: true } }),
      ...parameters,
    };
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
