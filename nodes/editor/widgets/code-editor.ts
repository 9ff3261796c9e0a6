// The code editors of our forms and dialogs: Node-RED's, with what they have in common.

export interface CodeEditor {
  element: JQuery;
  value(): string;
  /** Puts another text in, as if it had been typed. */
  setValue(text: string): void;
  focus(): void;
  destroy(): void;
}

export interface CodeEditorOptions {
  container: JQuery;
  value: string;
  mode: 'handlebars' | 'text' | 'json';
  label: string;
  readOnly?: boolean;
  onChange?(): void;
}

/**
 * A code editor in a form: whichever Node-RED has been set to. Node-RED 5 also gives its basic one, a `<textarea>`, for
 * as long as the other has not been loaded.
 * @param monaco options of Monaco beside those of all our editors
 */
export function createCodeEditor(
  { container, value, mode, label, readOnly = false, onChange }: CodeEditorOptions,
  monaco: Record<string, unknown> = {},
): CodeEditor {
  const element = $('<div class="vivgrid-text-editor">').appendTo(container);
  letTabLeave(element);
  const editor = RED.editor.createEditor({
    element: element[0],
    mode: `ace/mode/${mode}`,
    value,
    readOnly,
    stateId: false,
    ariaLabel: label,
    wordWrap: 'on',
    minimap: { enabled: false },
    lineNumbers: 'off',
    lineDecorationsWidth: 6,
    glyphMargin: false,
    // Monaco asks a worker for both, and fails in the browser's console when it is gone before the answer has come.
    folding: false,
    stickyScroll: { enabled: false },
    scrollBeyondLastLine: false,
    autoSurround: 'never',
    enableBasicAutocompletion: false,
    ...monaco,
  });
  const isBasic = editor.type === 'basic';
  if (editor.type !== 'monaco') element.find('textarea').attr('aria-label', label);
  if (isBasic) element.find('textarea').prop('readonly', readOnly);
  editor.setOptions?.({
    wrap: true,
    showGutter: false,
    enableBasicAutocompletion: false,
    enableSnippets: false,
  });
  // A textarea has a `change` only when it is left.
  if (onChange) editor.getSession().on(isBasic ? 'input' : 'change', onChange);
  const observer = new ResizeObserver(() => editor.resize());
  observer.observe(element[0] as Element);

  return {
    element,
    value: () => editor.getValue(),
    setValue(text) {
      // In a textarea, the cursor's place would take the focus, and nobody is told of what is put in.
      editor.setValue(text, isBasic ? undefined : -1);
      if (isBasic) onChange?.();
    },
    focus: () => editor.focus(),
    destroy() {
      observer.disconnect();
      // Node-RED disposes of the text while the editor still shows it, and what Monaco then does with the text
      // (Node-RED 4.1's asks for suggestions) fails in the browser's console: so the editor goes first.
      const text = editor.getModel?.();
      editor.dispose?.();
      text?.dispose();
      editor.destroy();
      element.remove();
    },
  };
}

/**
 * A prompt needs no tabs, and whoever walks through the form with the Tab key has to get out of the code editor again.
 * Monaco has an option for it, `tabFocusMode`, which does nothing in Node-RED 4.
 */
function letTabLeave(element: JQuery): void {
  element[0]?.addEventListener('keydown', (event) => event.key === 'Tab' && event.stopPropagation(), true);
}
