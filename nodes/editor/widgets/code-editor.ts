// The code editors of our forms and dialogs: Node-RED's, with what they have in common.
import type { Problem } from '../checks/problem.ts';
import { kindOf } from './code-editor-kind.ts';

export interface CodeEditor {
  element: JQuery;
  value(): string;
  /** Puts another text in, as if it had been typed. */
  setValue(text: string): void;
  /** Shows which parts of the text are wrong, and with a red edge that any is. */
  mark(problems: readonly Problem[]): void;
  /** In pixels: the room that the text takes, wrapped lines included. */
  textHeight(): number;
  /** Calls back when that may have changed. */
  onTextHeight(listener: () => void): void;
  /** The text cursor, where it is an element and the editor has the focus. */
  cursor(): Element | null;
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
  const kind = kindOf(editor, element[0] as Element);
  const heightListeners: (() => void)[] = [];
  const tellHeight = () => {
    for (const listener of heightListeners) listener();
  };
  kind.onTextHeight(tellHeight);
  const observer = new ResizeObserver(() => {
    editor.resize();
    tellHeight();
  });
  observer.observe(element[0] as Element);

  return {
    element,
    mark(problems) {
      element.toggleClass(
        'vivgrid-wrong',
        problems.some(({ severity }) => severity === 'error'),
      );
      kind.mark(problems);
    },
    textHeight: kind.textHeight,
    onTextHeight: (listener) => void heightListeners.push(listener),
    cursor: () => (element[0]?.contains(document.activeElement) ? kind.cursor() : null),
    value: () => editor.getValue(),
    setValue(text) {
      // In a textarea, the cursor's place would take the focus, and nobody is told of what is put in.
      editor.setValue(text, isBasic ? undefined : -1);
      if (isBasic) onChange?.();
      tellHeight();
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
