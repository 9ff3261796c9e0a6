// A code editor within a form, with Node-RED's large one behind a button.
import { createCodeEditor, destroyCodeEditor, type Mode } from './code-editor.ts';

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
  mode: Mode;
  minLines?: number;
  label: string;
  expandTitle: string;
  onChange(): void;
}): TextEditor {
  const { minLines = LINES.min } = options;
  const lines = Math.min(Math.max(options.value.split('\n').length, minLines), LINES.max);
  const { element, editor } = createCodeEditor(options.container, {
    mode: options.mode,
    value: options.value,
    ariaLabel: options.label,
    renderLineHighlight: 'none',
    overviewRulerLanes: 0,
    // What helps with code gets in the way of prose.
    autoClosingQuotes: 'never',
    autoIndent: 'none',
    formatOnPaste: false,
    unicodeHighlight: { ambiguousCharacters: false },
  });
  element.height(lines * LINE_HEIGHT + 12);
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
      destroyCodeEditor(editor);
      element.remove();
    },
  };
}
