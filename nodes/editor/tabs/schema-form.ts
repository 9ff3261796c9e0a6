// The schema of an object, as a table or as the JSON Schema itself: what a tool takes, and what a reply holds.
import { schemaOfExample } from '../../lib/schema/example.ts';
import {
  type KeptKeywords,
  readSchemaTable,
  type SchemaField,
  type SchemaTable,
  writeSchemaTable,
} from '../../lib/schema/table.ts';
import { exampleIn, exampleWords } from '../checks/check-schema.ts';
import type { Problem } from '../checks/problem.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import type { RowList } from '../widgets/row-list.ts';
import { createTextEditor, type TextEditor } from '../widgets/text-editor.ts';
import { createSchemaTable, schemaWords, tableProblems } from './schema-table.ts';

export type SchemaView = 'table' | 'text';

export interface SchemaForm {
  /** The schema as text. One that nobody touched is, to the letter, the one that was saved. */
  schema(): string;
  /** Puts another schema in, in the view that fits. */
  fill(text: string): void;
  destroy(): void;
}

export interface SchemaFormOptions {
  container: JQuery;
  schema: string;
  label: string;
  /** On the buttons that add and delete a row. */
  rowWords: { add: string; remove: string };
  /** What a schema that begins as a table has besides its rows. */
  kept?: KeptKeywords;
  /** What is wrong with a text, an example in place of a schema included. */
  textProblems(text: string): Problem[];
  onChange?(schema: string): void;
  onView?(view: SchemaView): void;
}

/**
 * One schema in two views: a table, and the text for those who want to write it themselves. A text that the table can't
 * show stays a text, and the form says why. An example is turned into the schema that it stands for, on request.
 */
export function createSchemaForm(options: SchemaFormOptions): SchemaForm {
  const { label } = options;
  const { head, buttons, expand } = createHead(options);
  const table = $('<div class="vivgrid-schema-table vivgrid-list-row">');
  const text = $('<div class="vivgrid-schema-text">');
  options.container.append(head, table, text);
  const problems = createProblemList(options.container);
  let schema = options.schema;
  let rows: RowList<SchemaField> | undefined;
  let kept: KeptKeywords = {};
  let editor: TextEditor | undefined;

  buttons.table.on('click', showTable);
  buttons.text.on('click', showText);
  expand.on('click', () => editor?.expand());
  showTable();

  function showTable(): void {
    if (rows) return;
    const read = readSchemaTable(schema);
    if (!('fields' in read)) {
      showText();
      const reason = read.problem === 'keyword' ? [reasonAgainstTable(read)] : [];
      showProblems([
        ...reason.map((words): Problem => ({ severity: 'hint', text: words })),
        ...textProblems(),
      ]);
      return;
    }
    closeText();
    kept = schema.trim() === '' ? { ...options.kept } : read.kept;
    rows = createSchemaTable($('<ol>').appendTo(table), read.fields, options.rowWords, onTableChange);
    showView('table');
    showTableProblems(read.fields);
  }

  function onTableChange(): void {
    if (!rows) return;
    const fields = rows.rows();
    setSchema(writeSchemaTable(fields, kept));
    showTableProblems(fields);
  }

  function showTableProblems(fields: readonly SchemaField[]): void {
    // A table without rows may be a schema that is missing.
    showProblems([...tableProblems(fields), ...(schema.trim() === '' ? textProblems() : [])]);
  }

  function showText(): void {
    if (editor) return;
    closeTable();
    showView('text');
    editor = createTextEditor({
      container: text,
      value: schema,
      mode: 'json',
      minLines: 7,
      label,
      expandTitle: label,
      onChange: onTextChange,
    });
    showProblems(textProblems());
  }

  function onTextChange(): void {
    if (!editor) return;
    setSchema(editor.value());
    showProblems(textProblems());
  }

  function textProblems(): Problem[] {
    const found = options.textProblems(schema);
    const last = found.at(-1);
    if (last && exampleIn(schema) !== undefined)
      last.remedy = { label: schemaWords('schema.from-example'), apply: useExample };
    return found;
  }

  function useExample(): void {
    const example = exampleIn(schema);
    if (example === undefined) return;
    fill(JSON.stringify(schemaOfExample(example), undefined, 2));
    if (rows) table.find('.vivgrid-field-name').first().trigger('focus');
    else editor?.focus();
  }

  function fill(filling: string): void {
    closeTable();
    closeText();
    setSchema(filling);
    showTable();
  }

  function setSchema(changed: string): void {
    schema = changed;
    options.onChange?.(schema);
  }

  function showProblems(found: readonly Problem[]): void {
    problems.show(found);
    editor?.mark(found);
  }

  function showView(name: SchemaView): void {
    table.toggle(name === 'table');
    text.toggle(name === 'text');
    expand.toggle(name === 'text');
    for (const view of ['table', 'text'] as const) {
      buttons[view].toggleClass('selected', view === name).attr('aria-pressed', String(view === name));
    }
    options.onView?.(name);
    RED.tray.resize();
  }

  function closeTable(): void {
    rows?.destroy();
    rows = undefined;
    table.empty();
  }

  function closeText(): void {
    editor?.destroy();
    editor = undefined;
  }

  return {
    schema: () => schema,
    fill,
    destroy() {
      closeTable();
      closeText();
    },
  };
}

function createHead({ label }: SchemaFormOptions) {
  const head = $('<div class="vivgrid-schema-head">');
  $('<label id="vivgrid-schema-label">')
    .append('<i class="fa fa-list"></i> ', $('<span>').text(label))
    .appendTo(head);
  const views = $('<span class="button-group" role="group" aria-labelledby="vivgrid-schema-label">').appendTo(
    head,
  );
  const button = (content: JQuery, kind: string) =>
    $('<button type="button" class="red-ui-button red-ui-button-small">').addClass(kind).append(content);
  const viewButton = (view: SchemaView, key: string) =>
    button($('<span>').text(schemaWords(key)), `toggle vivgrid-show-${view}`).appendTo(views);
  const buttons = { table: viewButton('table', 'label.table'), text: viewButton('text', 'label.schema') };
  const expandTitle = RED._('node-red:common.label.expand');
  const expand = button($('<i class="fa fa-expand" aria-hidden="true">'), 'vivgrid-expand-schema')
    .attr('aria-label', expandTitle)
    .appendTo(head);
  RED.popover.tooltip(expand, expandTitle);
  return { head, buttons, expand };
}

/** Why a tool's schema can't be used, in words; `true` when it can. */
export function validateToolSchema(this: EditorNode, value: unknown, _options: object): true | string[] {
  const text = String(value ?? '');
  const read = readSchemaTable(text);
  const found = 'fields' in read ? tableProblems(read.fields) : toolSchemaProblems(text);
  const reasons = found.map((problem) => problem.text);
  return reasons.length === 0 || reasons;
}

/** What is wrong with the text of a tool's schema. */
export function toolSchemaProblems(text: string): Problem[] {
  if (exampleIn(text) !== undefined) return [{ severity: 'error', text: exampleWords() }];
  const read = readSchemaTable(text);
  const isWrong = 'problem' in read && read.problem !== 'keyword';
  return isWrong ? [{ severity: 'error', text: reasonAgainstTable(read) }] : [];
}

function reasonAgainstTable(table: Exclude<SchemaTable, { kept: unknown }>): string {
  switch (table.problem) {
    case 'json':
      return schemaWords('schema.json', { words: table.words });
    case 'object':
      return schemaWords('schema.object');
    case 'keyword': {
      const { name, where } = table;
      return schemaWords(`schema.${where === '' ? 'keyword' : 'keyword-of'}`, { name, where });
    }
  }
}
