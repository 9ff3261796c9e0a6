// The Reply tab of the chat node's form: where the reply goes, its format, and whether it comes in pieces.
import type { ChatSettings, Chunks, Format } from '../../lib/common/settings.ts';
import { createSchemaEditor } from '../widgets/schema-editor.ts';
import { makeTyped } from '../widgets/typed-text.ts';
import { prepareOutputs } from './prepare-outputs.ts';

/** A schema to start from: one field, and no others allowed. */
const FIRST_SCHEMA = JSON.stringify(
  {
    type: 'object',
    properties: { answer: { type: 'string' } },
    required: ['answer'],
    additionalProperties: false,
  },
  undefined,
  2,
);

/** The tab with the form of the reply and the outputs that it goes to. */
export function createReplyTab(node: EditorNode & ChatSettings): { destroy(): void } {
  const format = $('#node-input-format');
  const schema = $('#node-input-schema');
  // jQuery reads fields without them, so an untouched schema would seem to be another one.
  node.schema = node.schema.replaceAll('\r', '');
  const editor = createSchemaEditor({
    input: schema,
    container: $('#vivgrid-chat-schema-editor'),
    expand: $('#vivgrid-chat-schema-expand'),
    label: node._('vivgrid-chat.label.schema'),
  });
  makeTyped($('#node-input-output'), { types: ['msg'] });
  prepareOutputs(node);

  // Not on `change`, which Node-RED also triggers when it opens the form.
  format.on('input', () => {
    if (chosenFormat() !== 'json_schema') return;
    editor.show();
    if (String(schema.val()).trim() === '') editor.fill(FIRST_SCHEMA);
  });
  format.on('change', showFittingFields);
  $('#node-input-stream, #node-input-chunks').on('change', showFittingFields);
  showFittingFields();

  function showFittingFields(): void {
    const hasSchema = chosenFormat() === 'json_schema';
    $('#vivgrid-chat-schema-fields').toggle(hasSchema);
    if (hasSchema) editor.show();
    const isStreamed = $('#node-input-stream').is(':checked');
    $('#vivgrid-chat-repairs-row').toggle(chosenFormat() !== 'text' && !isStreamed);
    $('#vivgrid-chat-stream-fields').toggle(isStreamed);
    const isGrowing = ($('#node-input-chunks').val() as Chunks) === 'growing';
    $('#vivgrid-chat-stream-tip').toggle(!isGrowing);
    $('#vivgrid-chat-growing-tip').toggle(isGrowing);
    RED.tray.resize();
  }

  function chosenFormat(): Format {
    return format.val() as Format;
  }

  return { destroy: editor.destroy };
}
