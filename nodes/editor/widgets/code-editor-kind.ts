// What Node-RED's three code editors do each in its own way: how tall their text is, and marks in it.
import type { Problem } from '../checks/problem.ts';

export interface CodeEditorKind {
  /** In pixels: the room that the text takes, wrapped lines included. */
  textHeight(): number;
  /** Calls back when that may have changed. */
  onTextHeight(listener: () => void): void;
  /** Marks the problems that have a place in the text, instead of those before. */
  mark(problems: readonly Problem[]): void;
  /** The text cursor, as an element. */
  cursor(): Element | null;
}

/** @param element what the editor was created in */
export function kindOf(editor: NodeRedCodeEditor, element: Element): CodeEditorKind {
  return { monaco: monacoKind, ace: aceKind, basic: basicKind }[editor.type](editor, element);
}

function monacoKind(editor: NodeRedCodeEditor, element: Element): CodeEditorKind {
  return {
    textHeight: () => editor.getContentHeight?.() ?? 0,
    onTextHeight: (listener) => void editor.onDidContentSizeChange?.(listener),
    mark(problems) {
      const model = editor.getModel?.();
      if (!model) return;
      const markers = problems.flatMap(({ severity, text, range }) => {
        if (!range) return [];
        const [start, end] = [model.getPositionAt(range.start), model.getPositionAt(range.end)];
        return {
          severity: monaco.MarkerSeverity[severity === 'error' ? 'Error' : 'Warning'],
          message: text,
          startLineNumber: start.lineNumber,
          startColumn: start.column,
          endLineNumber: end.lineNumber,
          endColumn: end.column,
        };
      });
      monaco.editor.setModelMarkers(model, 'vivgrid', markers);
    },
    cursor: () => element.querySelector('.cursors-layer .cursor'),
  };
}

function aceKind(editor: NodeRedCodeEditor, element: Element): CodeEditorKind {
  const session = editor.getSession();
  let marks: number[] = [];
  return {
    textHeight: () => (session.getScreenLength?.() ?? 0) * (editor.renderer?.lineHeight ?? 0),
    onTextHeight: (listener) => void editor.renderer?.on?.('afterRender', listener),
    mark(problems) {
      for (const mark of marks) session.removeMarker?.(mark);
      marks = problems.flatMap(({ severity, range }) => {
        if (!range || !session.doc || !session.addMarker) return [];
        const [start, end] = [
          session.doc.indexToPosition(range.start),
          session.doc.indexToPosition(range.end),
        ];
        const { Range } = ace.require('ace/range');
        const place = new Range(start.row, start.column, end.row, end.column);
        return session.addMarker(place, `vivgrid-mark vivgrid-mark-${severity}`, 'text');
      });
    },
    cursor: () => element.querySelector('.ace_cursor'),
  };
}

/** A textarea: the text has no marks, and the cursor no element. */
function basicKind(editor: NodeRedCodeEditor, element: Element): CodeEditorKind {
  const field = element.querySelector('textarea');
  return {
    textHeight() {
      if (!field) return 0;
      // It is never less than the field's own height.
      const { height } = field.style;
      field.style.height = '0';
      const { scrollHeight } = field;
      field.style.height = height;
      return scrollHeight;
    },
    onTextHeight: (listener) => editor.getSession().on('input', listener),
    mark() {},
    cursor: () => null,
  };
}
