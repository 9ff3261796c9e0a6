// What stands under a chat node. A word that stands alone is a catalogue id, so that each editor shows its own language;
// what is put together is in the runtime's.
import type { NodeAPI, NodeStatus } from 'node-red';
import { CATALOGUE, createTranslate } from './flow-runtime.ts';
import type { ChatStatus } from './lib/chat/status-line.ts';
import english from './locales/en-US/vivgrid-chat.json' with { type: 'json' };

type Texts = Partial<Record<string, string>>;

// Where no catalogue is loaded, as for errors.
const { failed: FAILED, ...STATUS } = english['vivgrid-chat'].status;
const WORDS: Texts = STATUS;
const FAILURES: Texts = FAILED;

/** Turns a status of the engine's into Node-RED's. */
export function createNodeStatus(RED: NodeAPI): (status: ChatStatus) => NodeStatus {
  const translate = createTranslate(RED);

  function compose(key: string, values: Record<string, string | number>): string {
    const text = translate(`vivgrid-chat.status.${key}`) ?? WORDS[key] ?? key;
    return text.replace(/__(\w+?)__/g, (placeholder, name) => String(values[name] ?? placeholder));
  }

  /** The words for a kind of failure where it has its own, else those for its code. */
  function failure({ key, code }: Extract<ChatStatus, { state: 'failed' }>): string {
    const name = FAILURES[key] === undefined ? code : key;
    return translate(`vivgrid-chat.status.failed.${name}`) ?? FAILURES[name] ?? name;
  }

  function counts(numbers: Record<string, number>): string {
    return Object.entries(numbers)
      .filter(([, number]) => number > 0)
      .map(([name, number]) => compose(`several_${name}`, { number }))
      .join(', ');
  }

  return (status) => {
    switch (status.state) {
      case 'idle':
        return {};
      case 'asking': {
        const { fallback, isLarge } = status;
        const word = idOf(isLarge ? 'asking_large' : 'asking');
        const text = fallback ? compose('asking_fallback', { name: fallback }) : word;
        return { fill: isLarge ? 'yellow' : 'blue', shape: 'ring', text };
      }
      case 'receiving':
        return { fill: 'blue', shape: 'dot', text: idOf('receiving') };
      case 'waiting':
        return { fill: 'yellow', shape: 'ring', text: idOf('waiting') };
      case 'retry':
        return { fill: 'yellow', shape: 'ring', text: compose('retry', { ...status }) };
      case 'several': {
        const { asking, receiving, waiting } = status;
        const fill = asking + receiving > 0 ? 'blue' : 'yellow';
        return { fill, shape: receiving > 0 ? 'dot' : 'ring', text: counts({ asking, receiving, waiting }) };
      }
      case 'failed': {
        const time = new Date(status.at).toTimeString().slice(0, 'hh:mm'.length);
        return { fill: 'red', shape: 'ring', text: `${failure(status)} ${time}` };
      }
      case 'answered': {
        const { tokens, milliseconds } = status;
        const seconds = inSeconds(milliseconds);
        const text =
          tokens === undefined
            ? compose('answered_time', { seconds })
            : compose('answered', { tokens, seconds });
        return { fill: 'grey', shape: 'dot', text };
      }
    }
  };
}

function idOf(key: string): string {
  return `${CATALOGUE}:vivgrid-chat.status.${key}`;
}

/** With a decimal as long as it makes a difference. */
function inSeconds(milliseconds: number): string {
  const seconds = Math.max(0.1, milliseconds / 1000);
  return seconds < 99.95 ? seconds.toFixed(1) : seconds.toFixed(0);
}
