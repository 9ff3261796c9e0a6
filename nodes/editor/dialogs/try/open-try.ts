// The preview: the request that a chat node's form would make of a message, and what a service answers to it.
import type { PreviewOrder, PreviewOutcome, TryEvent } from '../../../lib/common/editor-requests.ts';
import type { ChatSettings } from '../../../lib/common/settings.ts';
import { timeOfDay } from '../../widgets/amounts.ts';
import { askLines, type LinesAsked } from '../../widgets/ask-lines.ts';
import { askRuntime } from '../../widgets/ask-runtime.ts';
import { chatText } from '../../widgets/chat-text.ts';
import type { ShownRequest } from '../../widgets/readable-request.ts';
import { type AskRow, createAskRow } from './ask-row.ts';
import { createMessageSource, type MessageSource } from './message-source.ts';
import { createReplyView, type ReplyView } from './reply-view.ts';
import { createRequestView, type RequestView } from './request-view.ts';
import { createTryList, type TryList } from './try-list.ts';
import { beginTry, isRunning, type TryRecord, takeEvent } from './try-record.ts';

/** By node, for as long as the editor is open: the form behind the dialog may be changed between two of them. */
const tries = new Map<string, TryRecord[]>();

/** Tries of a node that are kept. */
const KEPT = 30;

interface Subject {
  node: EditorNode;
  settings: ChatSettings;
  /** The model of the chosen config node. */
  model: string;
}

/**
 * Opens a dialog on top of the form that shows the exact request that the form, as it stands, makes of a message: the
 * last one that the node has seen, or an example. The runtime builds it, as it builds the real ones, and asks it of the
 * service if it is told to.
 * @param beginsWithExample whether the example is shown first, even if the node has seen a message
 */
export function openTry(
  node: EditorNode,
  settings: ChatSettings,
  model: string,
  { beginsWithExample = false } = {},
): void {
  let dialog: TryDialog | undefined;
  RED.view.state(RED.state.EDITING);
  RED.tray.show({
    title: chatText('try.title'),
    width: 'inherit',
    buttons: [
      {
        id: 'vivgrid-preview-close',
        text: RED._('common.label.close'),
        class: 'primary',
        click: () => RED.tray.close(),
      },
    ],
    open(tray) {
      const form = $('<form class="dialog-form form-horizontal vivgrid-preview">').appendTo(
        tray.find('.red-ui-tray-body'),
      );
      form.on('submit', (event) => event.preventDefault());
      dialog = new TryDialog(form, { node, settings, model }, beginsWithExample);
    },
    close() {
      dialog?.close();
      RED.view.state(RED.state.EDITING);
    },
  });
}

class TryDialog {
  readonly #subject: Subject;
  readonly #records: TryRecord[];
  readonly #source: MessageSource;
  readonly #note: JQuery;
  readonly #requestView: RequestView;
  readonly #askRow: AskRow;
  readonly #replyView: ReplyView;
  readonly #list: TryList;
  #orders = 0;
  #running: { asked: LinesAsked; record: TryRecord } | undefined;
  #shown: TryRecord | undefined;

  constructor(form: JQuery, subject: Subject, beginsWithExample: boolean) {
    this.#subject = subject;
    this.#records = tries.get(subject.node.id) ?? [];
    tries.set(subject.node.id, this.#records);
    this.#source = createMessageSource(form, subject.node.id, () => void this.#preview());
    this.#note = $('<div class="vivgrid-preview-note" role="status">').appendTo(form);
    this.#requestView = createRequestView(form);
    this.#askRow = createAskRow(form, subject.settings.config, {
      onAsk: () => void this.#ask(),
      onStop: () => this.#stop(),
    });
    this.#replyView = createReplyView(form);
    this.#list = createTryList(form, (record) => this.#show(record));
    this.#askRow.refresh();
    this.#list.show(this.#records, undefined);
    if (beginsWithExample) this.#source.chooseExample();
    else void this.#preview();
  }

  close(): void {
    this.#orders = Number.NaN;
    this.#stop();
    this.#source.destroy();
    this.#requestView.destroy();
  }

  /** Shows the request that the message makes, and gives the order for it; nothing when there is none. */
  async #preview(): Promise<{ order: PreviewOrder; request: ShownRequest } | undefined> {
    const { settings, model } = this.#subject;
    const message = this.#source.message();
    if (typeof message === 'string') {
      this.#fail(message);
      return undefined;
    }
    this.#orders += 1;
    const number = this.#orders;
    const order: PreviewOrder = { settings, model, ...(message && { message }) };
    const outcome = await askRuntime<PreviewOutcome>(this.#url('preview'), order, (status) =>
      chatText('preview.no-runtime', { status }),
    );
    // A later order, or the end of the dialog, has overtaken this one.
    if (number !== this.#orders) return undefined;
    if (outcome.outcome === 'no-message') {
      this.#source.chooseExample();
      return undefined;
    }
    if ('seenMessage' in outcome) this.#source.offerCopy(outcome.seenMessage);
    if (outcome.outcome === 'failed') {
      this.#fail(outcome.message);
      return undefined;
    }
    const { isDeployed, request } = outcome;
    this.#say('hint', aboutSeen(outcome) || (isDeployed ? '' : chatText('preview.not-deployed')));
    this.#requestView.show(request as ShownRequest);
    this.#askRow.setReady(true);
    return { order, request: request as ShownRequest };
  }

  async #ask(): Promise<void> {
    if (this.#running) return;
    this.#askRow.setRunning(true);
    // What it is made of may have changed since: context, or the last message.
    const previewed = await this.#preview();
    if (!previewed) {
      this.#askRow.setRunning(false);
      return;
    }
    const number = (this.#records.at(-1)?.number ?? 0) + 1;
    const record = beginTry(number, previewed.request, this.#serviceName());
    this.#records.push(record);
    if (this.#records.length > KEPT) this.#records.shift();
    const asked = askLines<TryEvent>(this.#url('try'), previewed.order, (event) => {
      takeEvent(record, event);
      if (this.#shown === record) this.#replyView.show(record);
    });
    this.#running = { asked, record };
    this.#show(record);
    this.#end(record, await asked.ended);
  }

  #stop(): void {
    if (!this.#running) return;
    this.#running.record.state = 'stopped';
    this.#running.asked.stop();
  }

  #end(record: TryRecord, status: number): void {
    this.#running = undefined;
    if (isRunning(record)) {
      record.state = 'failed';
      record.failure = chatText('preview.no-runtime', { status });
    }
    // The dialog may be gone.
    if (Number.isNaN(this.#orders)) return;
    this.#askRow.setRunning(false);
    this.#askRow.refresh();
    this.#show(this.#shown ?? record);
  }

  #show(record: TryRecord): void {
    this.#shown = record;
    this.#replyView.show(record);
    this.#list.show(this.#records, record);
  }

  #fail(words: string): void {
    this.#say('error', words);
    this.#requestView.show(undefined);
    this.#askRow.setReady(false);
  }

  #say(severity: 'error' | 'hint', words: string): void {
    this.#note.attr('class', `vivgrid-preview-note vivgrid-note-${severity}`).text(words);
  }

  #serviceName(): string {
    const { config } = this.#subject.settings;
    const node = RED.nodes.node(config);
    return node ? RED.utils.getNodeLabel(node, config) : '';
  }

  #url(what: 'preview' | 'try'): string {
    return `vivgrid-chat/${encodeURIComponent(this.#subject.node.id)}/${what}`;
  }
}

/** When the message came, and what of it there is. Blank for an example. */
function aboutSeen({ seen, cut = [] }: Extract<PreviewOutcome, { outcome: 'request' }>): string {
  if (seen === undefined) return '';
  const time = timeOfDay(seen);
  if (cut.length === 0) return chatText('preview.came', { time });
  return chatText('preview.came-cut', { time, names: cut.map((name) => `msg.${name}`).join(', ') });
}
