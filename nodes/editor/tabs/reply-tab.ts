// The Reply tab of the chat node's form: where the reply goes, whether it is streamed, and its format.
import type { ChatSettings, Chunks, Format } from '../../lib/common/settings.ts';
import { schemaTextProblems } from '../checks/check-schema.ts';
import { makeTyped } from '../widgets/typed-text.ts';
import { prepareOutputs } from './prepare-outputs.ts';
import { createSchemaForm, type SchemaForm, type SchemaView } from './schema-form.ts';

/** A schema to start from: one field, and no others allowed. */
const KEPT = { additionalProperties: false };
const FIRST_SCHEMA = JSON.stringify(
  { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], ...KEPT },
  undefined,
  2,
);

/** The tab with the form of the reply and the outputs that it goes to. */
export function createReplyTab(node: EditorNode & ChatSettings): { destroy(): void } {
  const format = $('#node-input-format');
  // Node-RED fills it and saves what is in it.
  const input = $('#node-input-schema');
  // jQuery reads fields without them, so an untouched schema would seem to be another one.
  node.schema = node.schema.replaceAll('\r', '');
  let schema: SchemaForm | undefined;
  makeTyped($('#node-input-output'), { types: ['msg'] });
  prepareOutputs(node);

  // Not on `change`, which Node-RED also triggers when it opens the form.
  format.on('input', () => {
    if (chosenFormat() === 'json_schema' && String(input.val()).trim() === '')
      schemaForm().fill(FIRST_SCHEMA);
  });
  format.on('change', showFittingFields);
  $('#node-input-stream, #node-input-chunks').on('change', showFittingFields);
  showFittingFields();

  function showFittingFields(): void {
    const hasSchema = chosenFormat() === 'json_schema';
    $('#vivgrid-chat-schema-fields').toggle(hasSchema);
    if (hasSchema) schemaForm();
    const isStreamed = $('#node-input-stream').is(':checked');
    $('#vivgrid-chat-repairs-row').toggle(chosenFormat() !== 'text' && !isStreamed);
    $('#vivgrid-chat-stream-fields').toggle(isStreamed);
    const isGrowing = ($('#node-input-chunks').val() as Chunks) === 'growing';
    $('#vivgrid-chat-stream-tip').toggle(!isGrowing);
    $('#vivgrid-chat-growing-tip').toggle(isGrowing);
    RED.tray.resize();
  }

  /** Made when it is first shown. */
  function schemaForm(): SchemaForm {
    schema ??= createSchemaForm({
      container: $('#vivgrid-chat-schema-editor'),
      schema: String(input.val()),
      label: node._('vivgrid-chat.label.schema'),
      rowWords: { add: node._('vivgrid-chat.schema.add'), remove: node._('vivgrid-chat.schema.remove') },
      kept: KEPT,
      textProblems: schemaTextProblems,
      onChange: (text) => input.val(text).trigger('change'),
      onView: showSchemaName,
    });
    return schema;
  }

  /** The service asks for a name, but hardly anybody minds which: it is there for those who write the schema itself. */
  function showSchemaName(view: SchemaView): void {
    const hasOwnName = !['', 'reply'].includes(String($('#node-input-schemaName').val()).trim());
    $('#vivgrid-chat-schema-name').toggle(view === 'text' || hasOwnName);
  }

  function chosenFormat(): Format {
    return format.val() as Format;
  }

  return { destroy: () => schema?.destroy() };
}
