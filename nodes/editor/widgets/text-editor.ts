// A code editor within a form, with Node-RED's large one behind a button.
import { type CodeEditor, type CodeEditorOptions, createCodeEditor } from './code-editor.ts';

export interface TextEditor extends CodeEditor {
  /** Opens the text in the large editor. */
  expand(): void;
}

const LINE_HEIGHT = 19;
const LINES = { min: 3, max: 14 };

/** A code editor as tall as its text, that can be dragged taller and opened large. */
export function createTextEditor({
  minLines = LINES.min,
  expandTitle,
  ...options
}: CodeEditorOptions & { minLines?: number; expandTitle: string }): TextEditor {
  const editor = createCodeEditor(options, {
    renderLineHighlight: 'none',
    overviewRulerLanes: 0,
    // What helps with code gets in the way of prose.
    autoClosingQuotes: 'never',
    autoIndent: 'none',
    formatOnPaste: false,
    unicodeHighlight: { ambiguousCharacters: false },
  });
  const lines = Math.min(Math.max(options.value.split('\n').length, minLines), LINES.max);
  editor.element.css('height', lines * LINE_HEIGHT + 12);

  return {
    ...editor,
    expand() {
      const large = {
        value: editor.value(),
        title: expandTitle,
        focus: true,
        complete(text: string) {
          editor.setValue(text);
          editor.focus();
        },
      };
      if (options.mode === 'json') RED.editor.editJSON(large);
      else RED.editor.editText({ ...large, mode: options.mode, width: 'Infinity' });
    },
  };
}
