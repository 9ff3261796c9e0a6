// The parameters of a tool, as a table or as the JSON schema itself.
import {
  type KeptKeywords,
  readSchemaTable,
  type SchemaTable,
  type ToolParameter,
  writeSchemaTable,
} from '../../lib/tools/tool-schema.ts';
import type { Problem } from '../checks/problem.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import type { RowList } from '../widgets/row-list.ts';
import { createTextEditor, type TextEditor } from '../widgets/text-editor.ts';
import { createToolParameterList, tableProblems } from './tool-parameter-list.ts';

export interface SchemaForm {
  /** The schema as text. One that nobody touched is, to the letter, the one that was saved. */
  schema(): string;
  destroy(): void;
}

/**
 * One schema in two views: a table, and the text for those who want to write it themselves. A text that the table can't
 * show stays a text, and the form says why.
 */
export function createSchemaForm(node: EditorNode, saved: string): SchemaForm {
  const table = $('#vivgrid-tool-table');
  const text = $('#vivgrid-tool-text');
  const buttons = { table: $('#vivgrid-tool-show-table'), text: $('#vivgrid-tool-show-text') };
  const problems = createProblemList($('#vivgrid-tool-schema-problems'));
  let schema = saved;
  let rows: RowList<ToolParameter> | undefined;
  let kept: KeptKeywords = {};
  let editor: TextEditor | undefined;

  buttons.table.on('click', showTable);
  buttons.text.on('click', showText);
  showTable();

  function showTable(): void {
    if (rows) return;
    const read = readSchemaTable(schema);
    if (!('parameters' in read)) {
      showText();
      problems.show([
        { severity: 'hint', text: reasonAgainstTable(node, read) },
        ...schemaProblems(node, schema),
      ]);
      return;
    }
    editor?.destroy();
    editor = undefined;
    kept = read.kept;
    rows = createToolParameterList(node, $('<ol>').appendTo(table), read.parameters, onTableChange);
    showView('table');
    problems.show(tableProblems(node, read.parameters));
  }

  function onTableChange(): void {
    if (!rows) return;
    const parameters = rows.rows();
    schema = writeSchemaTable(parameters, kept);
    problems.show(tableProblems(node, parameters));
  }

  function showText(): void {
    if (editor) return;
    rows?.destroy();
    rows = undefined;
    table.empty();
    showView('text');
    editor = createTextEditor({
      container: text,
      value: schema,
      mode: 'json',
      label: node._('vivgrid-tool.label.schema'),
      expandTitle: node._('vivgrid-tool.label.schema'),
      onChange: onTextChange,
    });
    problems.show(schemaProblems(node, schema));
  }

  function onTextChange(): void {
    if (!editor) return;
    schema = editor.value();
    problems.show(schemaProblems(node, schema));
  }

  function showView(name: 'table' | 'text'): void {
    table.toggle(name === 'table');
    text.toggle(name === 'text');
    for (const view of ['table', 'text'] as const) {
      buttons[view].toggleClass('selected', view === name).attr('aria-pressed', String(view === name));
    }
    RED.tray.resize();
  }

  return {
    schema: () => schema,
    destroy() {
      rows?.destroy();
      editor?.destroy();
    },
  };
}

/** Why a schema can't be used, in words; `true` when it can. */
export function validateSchema(this: EditorNode, value: unknown, _options: object): true | string[] {
  const text = String(value ?? '');
  const read = readSchemaTable(text);
  const found = 'parameters' in read ? tableProblems(this, read.parameters) : schemaProblems(this, text);
  const reasons = found.filter(({ severity }) => severity === 'error').map((problem) => problem.text);
  return reasons.length === 0 || reasons;
}

function schemaProblems(node: EditorNode, text: string): Problem[] {
  const read = readSchemaTable(text);
  const isWrong = 'problem' in read && read.problem !== 'keyword';
  return isWrong ? [{ severity: 'error', text: reasonAgainstTable(node, read) }] : [];
}

function reasonAgainstTable(node: EditorNode, table: Exclude<SchemaTable, { kept: unknown }>): string {
  switch (table.problem) {
    case 'json':
      return node._('vivgrid-tool.schema.json', { words: table.words });
    case 'object':
      return node._('vivgrid-tool.schema.object');
    case 'keyword': {
      const { name, where } = table;
      return node._(`vivgrid-tool.schema.${where === '' ? 'keyword' : 'keyword-of'}`, { name, where });
    }
  }
}
