// The Conversation tab of the chat node's form: memory, and what a message does while others are answered.
import type { Mode } from '../../lib/common/settings.ts';
import { conversationProblems } from '../checks/check-conversation.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { checkTyped, keepUntouched, makeTyped } from '../widgets/typed-text.ts';

/** The tab with what the node remembers, and how it takes messages that come at the same time. */
export function createConversationTab(node: EditorNode): { beforeSave(): void } {
  const input = $('#node-input-conversation');
  const saved = String(input.val());
  makeTyped(input, { types: ['flow', 'global'], typeField: '#node-input-conversationType' });
  const row = $('#vivgrid-chat-conversation-row');
  const problems = createProblemList($('#vivgrid-chat-conversation-problems'));
  // Node-RED's own check of a context property would refuse `chats.{{topic}}`.
  checkTyped(
    input,
    (value) => conversationProblems(node, value).find(({ severity }) => severity === 'error')?.text,
  );
  const typedConversation = keepUntouched(input, saved);
  row.on('input', check);
  input.on('change', check);
  check();
  $('#node-input-memory').on('change', showFittingFields);
  showFittingFields();

  function check(): void {
    const value = input.typedInput('value');
    const found = conversationProblems(node, value);
    problems.show(found);
    // With a tag, each message may have a conversation of its own.
    $('#vivgrid-chat-shared-tip').toggle(found.length === 0 && !value.includes('{{'));
  }

  function showFittingFields(): void {
    const hasMemory = $('#node-input-memory').is(':checked');
    $('#vivgrid-chat-memory-fields, #vivgrid-chat-mode-tip').toggle(hasMemory);
    showFittingModes(hasMemory);
    RED.tray.resize();
  }

  /** One conversation is answered in order even when others run beside it: there is then nothing to choose. */
  function showFittingModes(hasMemory: boolean): void {
    const mode = $('#node-input-mode');
    const option = (value: Mode) => mode.find(`option[value="${value}"]`);
    // Node-RED puts in the texts of the html when the form has been prepared.
    option('parallel')
      .removeAttr('data-i18n')
      .text(node._(`vivgrid-chat.mode.${hasMemory ? 'queued' : 'parallel'}`));
    const twin: Mode = mode.val() === 'queued' ? 'parallel' : 'queued';
    for (const value of ['parallel', 'queued'] as const) {
      option(value).prop('hidden', hasMemory && value === twin);
    }
  }

  return {
    // Node-RED saves what is in the field, which may spell an untouched value in another way.
    beforeSave: () => {
      input.val(typedConversation());
    },
  };
}
