// The code editors of our forms and dialogs: Node-RED's, with what they have in common.

export type Mode = 'handlebars' | 'text' | 'json';

/**
 * A code editor in `container`, without what only code in a window of its own has use for.
 *
 * Folding and the lines that stick to the top have a worker asked for the structure of the text, and fail in the
 * browser's console when the editor is gone before the worker has answered.
 */
export function createCodeEditor(
  container: JQuery,
  { mode, ...options }: { mode: Mode; value: string; ariaLabel: string } & Record<string, unknown>,
): { element: JQuery; editor: CodeEditor } {
  const element = $('<div class="vivgrid-text-editor">').appendTo(container);
  letTabLeave(element);
  const editor = RED.editor.createEditor({
    element: element[0],
    mode: `ace/mode/${mode}`,
    stateId: false,
    wordWrap: 'on',
    minimap: { enabled: false },
    lineNumbers: 'off',
    lineDecorationsWidth: 6,
    glyphMargin: false,
    folding: false,
    stickyScroll: { enabled: false },
    scrollBeyondLastLine: false,
    autoSurround: 'never',
    enableBasicAutocompletion: false,
    ...options,
  });
  return { element, editor };
}

/**
 * Ends a code editor. Node-RED disposes of the text while the editor still shows it, and what Monaco then does with the
 * text (Node-RED 4.1's asks for suggestions) fails in the browser's console: so the editor goes first.
 */
export function destroyCodeEditor(editor: CodeEditor): void {
  const text = editor.getModel?.();
  editor.dispose?.();
  text?.dispose();
  editor.destroy();
}

/**
 * A prompt needs no tabs, and whoever walks through the form with the Tab key has to get out of the code editor again.
 * Monaco has an option for it, `tabFocusMode`, which does nothing in Node-RED 4.
 */
function letTabLeave(element: JQuery): void {
  element[0]?.addEventListener('keydown', (event) => event.key === 'Tab' && event.stopPropagation(), true);
}
