// A code editor within a form, with Node-RED's large one behind a button.
import { bringIntoView } from './bring-into-view.ts';
import { type CodeEditor, type CodeEditorOptions, createCodeEditor } from './code-editor.ts';

export interface TextEditor extends CodeEditor {
  /** Opens the text in the large editor. */
  expand(): void;
}

/** In pixels, the edge and what is above and below the text included in the second. */
const LINE_HEIGHT = 19;
const AROUND_TEXT = 8;
const LINES = { min: 2, max: 14 };

/** A code editor that grows with its text, until somebody drags it to another height, and can be opened large. */
export function createTextEditor({
  minLines = LINES.min,
  expandTitle,
  ...options
}: CodeEditorOptions & { minLines?: number; expandTitle: string }): TextEditor {
  const onChange = (): void => {
    options.onChange?.();
    showCursor();
  };
  const editor = createCodeEditor(
    { ...options, onChange },
    {
      renderLineHighlight: 'none',
      overviewRulerLanes: 0,
      // What helps with code gets in the way of prose.
      autoClosingQuotes: 'never',
      autoIndent: 'none',
      formatOnPaste: false,
      unicodeHighlight: { ambiguousCharacters: false },
    },
  );
  let fitted: number | undefined;
  fitHeight();
  editor.onTextHeight(fitHeight);

  function fitHeight(): void {
    const element = editor.element[0] as HTMLElement;
    const wasDragged = fitted !== undefined && element.style.height !== `${fitted}px`;
    // Out of sight, every word is on a line of its own.
    const isHidden = fitted !== undefined && element.clientWidth === 0;
    if (wasDragged || isHidden) return;
    const height = Math.min(Math.max(editor.textHeight(), minLines * LINE_HEIGHT), LINES.max * LINE_HEIGHT);
    const needed = Math.ceil(height) + AROUND_TEXT;
    if (needed === fitted) return;
    fitted = needed;
    element.style.height = `${needed}px`;
  }

  /** What is around the editor scrolls along with what is typed. */
  function showCursor(): void {
    const show = () => bringIntoView(editor.cursor(), editor.element[0] as Element);
    // The cursor moves after the text, in the frame after that in which the editor has grown.
    requestAnimationFrame(() => requestAnimationFrame(show));
  }

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
