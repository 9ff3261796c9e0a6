// A code editor within a form, with Node-RED's large one behind a button.
export interface TextEditor {
  element: JQuery;
  value(): string;
  /** Puts another text in, as if it had been typed. */
  setValue(text: string): void;
  /** Opens the text in the large editor. */
  expand(): void;
  focus(): void;
  destroy(): void;
}

const LINE_HEIGHT = 19;
const LINES = { min: 3, max: 14 };

/** A code editor as tall as its text, that can be dragged taller and opened large. */
export function createTextEditor(options: {
  container: JQuery;
  value: string;
  mode: 'handlebars' | 'text' | 'json';
  minLines?: number;
  label: string;
  expandTitle: string;
  onChange(): void;
}): TextEditor {
  const { minLines = LINES.min } = options;
  const lines = Math.min(Math.max(options.value.split('\n').length, minLines), LINES.max);
  const element = $('<div class="vivgrid-text-editor">')
    .height(lines * LINE_HEIGHT + 12)
    .appendTo(options.container);
  const editor = RED.editor.createEditor({
    element: element[0],
    mode: `ace/mode/${options.mode}`,
    value: options.value,
    stateId: false,
    ariaLabel: options.label,
    wordWrap: 'on',
    minimap: { enabled: false },
    lineNumbers: 'off',
    lineDecorationsWidth: 6,
    glyphMargin: false,
    folding: false,
    renderLineHighlight: 'none',
    scrollBeyondLastLine: false,
    overviewRulerLanes: 0,
    // What helps with code gets in the way of prose.
    enableBasicAutocompletion: false,
    autoClosingQuotes: 'never',
    autoIndent: 'none',
    formatOnPaste: false,
    unicodeHighlight: { ambiguousCharacters: false },
  });
  letTabLeave(element);
  editor.commands?.removeCommand('indent');
  editor.setOptions?.({ wrap: true });
  editor.getSession().on('change', options.onChange);
  const observer = new ResizeObserver(() => editor.resize());
  observer.observe(element[0] as Element);

  return {
    element,
    value: () => editor.getValue(),
    setValue: (text) => editor.setValue(text, -1),
    expand() {
      const large = {
        value: editor.getValue(),
        title: options.expandTitle,
        focus: true,
        complete(text: string) {
          editor.setValue(text, -1);
          editor.focus();
        },
      };
      if (options.mode === 'json') RED.editor.editJSON(large);
      else RED.editor.editText({ ...large, mode: options.mode, width: 'Infinity' });
    },
    focus: () => editor.focus(),
    destroy() {
      observer.disconnect();
      destroyEditor(editor);
      element.remove();
    },
  };
}

/**
 * Ends a code editor. Node-RED disposes of the text while the editor still shows it, and what Monaco then does with the
 * text (Node-RED 4.1's asks for suggestions) fails in the browser's console: so the editor goes first.
 */
export function destroyEditor(editor: CodeEditor): void {
  const text = editor.getModel?.();
  editor.dispose?.();
  text?.dispose();
  editor.destroy();
}

/**
 * A prompt needs no tabs, and whoever walks through the form with the Tab key has to get out of the code editor again.
 * Monaco has an option for it, `tabFocusMode`, which does nothing in Node-RED 4.
 */
export function letTabLeave(element: JQuery): void {
  element[0]?.addEventListener('keydown', (event) => event.key === 'Tab' && event.stopPropagation(), true);
}
