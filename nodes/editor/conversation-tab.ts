import { conversationProblems } from './check-conversation.ts';
import { createProblemList } from './problem-list.ts';
import { keepUntouched } from './typed-text.ts';

/** The tab with what the node remembers, and how it takes messages that come at the same time. */
export function createConversationTab(node: EditorNode): { beforeSave(): void } {
  const input = $('#node-input-conversation');
  const saved = String(input.val());
  input.typedInput({ types: ['flow', 'global'], typeField: '#node-input-conversationType' });
  const row = $('#vivgrid-chat-conversation-row');
  const problems = createProblemList($('#vivgrid-chat-conversation-problems'));
  allowTemplate();
  const typedConversation = keepUntouched(input, saved);
  row.on('input', check);
  input.on('change', check);
  check();
  $('#node-input-memory').on('change', showFittingFields);
  showFittingFields();

  /** Node-RED's own check of a context property would refuse `chats.{{topic}}`. */
  function allowTemplate(): void {
    const { typeMap } = input.typedInput('instance');
    for (const [name, type] of Object.entries(typeMap)) {
      typeMap[name] = {
        ...type,
        validate: (value) =>
          conversationProblems(node, value).find(({ severity }) => severity === 'error')?.text ?? true,
      };
    }
    input.typedInput('validate');
  }

  function check(): void {
    problems.show(conversationProblems(node, input.typedInput('value')));
  }

  function showFittingFields(): void {
    $('#vivgrid-chat-memory-fields').toggle($('#node-input-memory').is(':checked'));
    RED.tray.resize();
  }

  return {
    // Node-RED saves what is in the field, which may spell an untouched value in another way.
    beforeSave: () => {
      input.val(typedConversation());
    },
  };
}
