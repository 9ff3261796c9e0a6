// Calls a deployed tool from its form, as a model would: the arguments as a form of their own, and what comes of them.
import type { DeployedTool, ToolCallOrder, ToolCallOutcome } from '../../lib/common/editor-requests.ts';
import { type ArgumentField, argumentFields, readArguments } from '../../lib/schema/arguments.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';

type Words = (key: string, values?: Record<string, string | number>) => string;

/** Lets the tool be called once it is deployed; says why it can't be, beside the button. */
export function prepareToolCall(node: EditorNode & { z?: string }): void {
  const text: Words = (key, values) => node._(`vivgrid-tool.call.${key}`, values);
  const url = `vivgrid-tool/${encodeURIComponent(node.id)}`;
  const button = $('#vivgrid-tool-call').prop('disabled', true);
  const reason = $('#vivgrid-tool-call-reason');
  if (node.z !== undefined && RED.nodes.subflow(node.z) !== undefined) {
    reason.text(text('subflow'));
    return;
  }
  void $.getJSON(url).then((tool: DeployedTool) => {
    const isDeployed = tool.outcome === 'tool';
    reason.text(text(isDeployed ? 'tip' : 'not-deployed'));
    if (!isDeployed) return;
    button.prop('disabled', false).on('click', () => {
      // A title is markup; the name of a deployed tool has letters, digits, _ and - only.
      const title = text('title', { name: tool.name });
      openCall({ url: `${url}/call`, title, parameters: tool.parameters, text });
    });
  });
}

interface CallDialog {
  url: string;
  title: string;
  /** The JSON Schema of the arguments. */
  parameters: object;
  text: Words;
}

function openCall({ url, title, parameters, text }: CallDialog): void {
  const fields = argumentFields(parameters);
  /** Ends the wait for the call that is made, as the end of the dialog does. */
  let waiting: AbortController | undefined;

  RED.view.state(RED.state.EDITING);
  RED.tray.show({
    title,
    width: 'inherit',
    buttons: [
      {
        id: 'vivgrid-call-close',
        text: RED._('common.label.close'),
        click: () => RED.tray.close(),
      },
      { id: 'vivgrid-call-run', text: text('run'), class: 'primary', click: () => void call() },
    ],
    open: build,
    close() {
      waiting?.abort();
      RED.view.state(RED.state.EDITING);
    },
  });

  function build(tray: JQuery): void {
    const form = $('<form class="dialog-form form-horizontal vivgrid-call">').appendTo(
      tray.find('.red-ui-tray-body'),
    );
    form.on('submit', (event) => {
      event.preventDefault();
      void call();
    });
    if (fields?.length === 0) $('<p>').text(text('none')).appendTo(form);
    if (fields) form.append(...fields.map((field, index) => fieldRow(field, index, text)));
    else form.append(wholeRow(text));
    // With one field alone, Enter sends a form; with several, only where it has a button to do so.
    $('<input type="submit" hidden>').appendTo(form);
    $('<div class="vivgrid-call-outcome" role="status">').appendTo(form);
    form.find('.vivgrid-argument').first().trigger('focus');
  }

  async function call(): Promise<void> {
    if (waiting) return;
    const abort = new AbortController();
    waiting = abort;
    const run = $('#vivgrid-call-run').prop('disabled', true);
    show(text('running'), 'running');
    const order: ToolCallOrder = { arguments: typedArguments(fields) };
    const noAnswer = (status: number): string => text('no-runtime', { status });
    const outcome = await askRuntime<ToolCallOutcome>(url, order, noAnswer, abort.signal);
    if (abort.signal.aborted) return;
    waiting = undefined;
    run.prop('disabled', false);
    showOutcome(outcome);
  }

  function showOutcome(outcome: ToolCallOutcome): void {
    switch (outcome.outcome) {
      case 'result':
      case 'error':
        show(text(outcome.outcome, { ms: outcome.ms }), outcome.outcome, outcome.text);
        break;
      case 'none':
        show(text('gone'), 'error');
        break;
      case 'failed':
        show(outcome.message, 'error');
    }
  }
}

/** The arguments, as JSON. */
function typedArguments(fields: readonly ArgumentField[] | undefined): string {
  const inputs = $('.vivgrid-argument').toArray();
  if (!fields) return String($(inputs[0] as HTMLElement).val());
  const typed = new Map(
    fields.map(({ name }, index) => [name, String($(inputs[index] as HTMLElement).val())]),
  );
  return JSON.stringify(readArguments(fields, (name) => typed.get(name) ?? ''));
}

function fieldRow(field: ArgumentField, index: number, text: Words): JQuery {
  const { name, description, required } = field;
  const id = `vivgrid-argument-${index}`;
  const input = inputFor(field, text).attr({ id, 'aria-describedby': `${id}-help` });
  input.addClass('vivgrid-argument').attr('aria-required', String(required));
  const label = $('<label>')
    .attr('for', id)
    .text(required ? `${name} *` : name);
  const help = $('<div class="vivgrid-field-tip">').attr('id', `${id}-help`).text(description);
  return $('<div class="form-row">').append(label, input, help);
}

function inputFor({ kind, values }: ArgumentField, text: Words): JQuery {
  switch (kind) {
    case 'boolean':
    case 'choice': {
      const options = kind === 'boolean' ? ['true', 'false'] : values.map(String);
      const choices = options.map((value) => $('<option>').val(value).text(value));
      return $('<select>').append($('<option value="">').text(text('not-set')), ...choices);
    }
    case 'json':
      return $('<textarea rows="3" spellcheck="false">').attr('placeholder', 'JSON');
    default: {
      const input = $('<input type="text" autocomplete="off">');
      if (kind === 'number') input.attr('inputmode', 'decimal');
      return kind === 'list' ? input.attr('placeholder', text('list')) : input;
    }
  }
}

/** All the arguments in one field. */
function wholeRow(text: Words): JQuery {
  const id = 'vivgrid-argument-all';
  return $('<div class="form-row">').append(
    $('<label>').attr('for', id).text(text('arguments')),
    $('<textarea rows="8" spellcheck="false" class="vivgrid-argument">').attr('id', id).val('{}'),
  );
}

function show(words: string, kind: 'running' | 'result' | 'error', detail?: string): void {
  const box = $('.vivgrid-call-outcome').empty().attr('class', `vivgrid-call-outcome vivgrid-call-${kind}`);
  $('<p>')
    .append($('<i aria-hidden="true">').addClass(`fa ${ICONS[kind]}`), ' ', $('<span>').text(words))
    .appendTo(box);
  if (detail !== undefined) $('<pre tabindex="0">').text(detail).appendTo(box);
}

const ICONS = {
  running: 'fa-spinner fa-spin',
  result: 'fa-check',
  error: 'fa-exclamation-circle',
} as const;
