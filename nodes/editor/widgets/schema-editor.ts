// The code editor for the JSON schema of a reply.
import { schemaTextProblem } from '../checks/check-schema.ts';
import { createProblemList } from './problem-list.ts';
import { createTextEditor, type TextEditor } from './text-editor.ts';

export interface SchemaEditor {
  /** Shows the editor; it is made when it is first shown. */
  show(): void;
  /** Puts a text in, as if it had been typed. */
  fill(text: string): void;
  destroy(): void;
}

/**
 * A code editor for a JSON schema, with what is wrong with it below. Its text is kept in a hidden input, which Node-RED
 * fills and saves.
 * @param expand the button that opens the large editor
 */
export function createSchemaEditor(options: {
  input: JQuery;
  container: JQuery;
  expand: JQuery;
  label: string;
}): SchemaEditor {
  const { input, container, label } = options;
  const expandTitle = RED._('node-red:common.label.expand');
  const body = $('<div>').appendTo(container);
  const problems = createProblemList(container);
  let editor: TextEditor | undefined;

  options.expand.attr('aria-label', expandTitle).on('click', () => editor?.expand());
  RED.popover.tooltip(options.expand, expandTitle);

  function check(): void {
    const reason = schemaTextProblem(String(input.val()));
    problems.show(reason === undefined ? [] : [{ severity: 'error', text: reason }]);
  }

  return {
    show() {
      editor ??= createTextEditor({
        container: body,
        value: String(input.val()),
        mode: 'json',
        minLines: 7,
        label,
        expandTitle: label,
        onChange() {
          input.val(editor?.value() ?? '').trigger('change');
          check();
        },
      });
      check();
    },
    fill(text) {
      editor?.setValue(text);
    },
    destroy() {
      editor?.destroy();
      editor = undefined;
    },
  };
}
