// The tool node in the editor: its definition and its form.
import { TOOL_DEFAULTS, TOOL_NAME, type ToolSettings } from '../../lib/common/settings.ts';
import { checkNumber } from '../checks/check-number.ts';
import { fillDefaults } from '../checks/fill-defaults.ts';
import type { Problem } from '../checks/problem.ts';
import { prepareToolCall } from '../dialogs/tool-call.ts';
import {
  createSchemaForm,
  type SchemaForm,
  toolSchemaProblems,
  validateToolSchema,
} from '../tabs/schema-form.ts';
import { letShrink } from '../widgets/let-shrink.ts';
import { createProblemList } from '../widgets/problem-list.ts';

/** Only one tool node can be edited at a time. */
let form: SchemaForm | undefined;

RED.nodes.registerType<ToolSettings>('vivgrid-tool', {
  category: 'AI',
  color: '#7FBDAD',
  icon: 'vivgrid-tool.svg',
  defaults: {
    name: { value: TOOL_DEFAULTS.name, validate: validateName },
    description: { value: TOOL_DEFAULTS.description },
    schema: { value: TOOL_DEFAULTS.schema, validate: validateToolSchema },
    timeout: {
      value: TOOL_DEFAULTS.timeout,
      label: RED._('@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.label.timeout'),
      validate: checkNumber({ min: 0, max: 2_000_000, whole: false }),
    },
    approval: { value: TOOL_DEFAULTS.approval },
    inputs: { value: TOOL_DEFAULTS.inputs },
    outputs: { value: TOOL_DEFAULTS.outputs },
  },
  inputs: 0,
  outputs: 1,
  paletteLabel() {
    return this._('vivgrid-tool.label.palette');
  },
  label() {
    return this.name || this._('vivgrid-tool.label.palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  inputLabels() {
    return this._('vivgrid-tool.label.answer');
  },
  outputLabels(index) {
    return this._(`vivgrid-tool.label.${index === 0 ? 'call' : 'question'}`);
  },
  oneditprepare() {
    fillDefaults<ToolSettings>(this, TOOL_DEFAULTS, 'node-input');
    form = createSchemaForm({
      container: $('#vivgrid-tool-schema'),
      schema: this.schema,
      label: this._('vivgrid-tool.label.parameters'),
      rowWords: {
        add: this._('vivgrid-tool.parameters.add'),
        remove: this._('vivgrid-tool.parameters.remove'),
      },
      textProblems: toolSchemaProblems,
    });
    preparePorts();
    showHints(this);
    prepareToolCall(this);
  },
  oneditsave() {
    if (form) this.schema = form.schema();
    closeForm();
  },
  oneditcancel: closeForm,
  oneditdelete: closeForm,
  oneditresize() {
    letShrink('#dialog-form');
  },
});

/** A person who is asked needs an output for the question and an input for the answer. */
function preparePorts(): void {
  const approval = $('#node-input-approval');
  const update = (): void => {
    const isAsked = approval.prop('checked') === true;
    $('#node-input-inputs').val(isAsked ? 1 : 0);
    $('#node-input-outputs').val(isAsked ? 2 : 1);
  };
  approval.on('change', update);
  update();
}

function closeForm(): void {
  form?.destroy();
  form = undefined;
}

/** What is probably wrong with the name and the description, below them. */
function showHints(node: EditorNode): void {
  const name = $('#node-input-name');
  const description = $('#node-input-description');
  const nameProblems = createProblemList($('#vivgrid-tool-name-problems'));
  const descriptionProblems = createProblemList($('#vivgrid-tool-description-problems'));
  name.on('input', showName);
  description.on('input', showDescription);
  showName();
  showDescription();

  function showName(): void {
    const typed = String(name.val()).trim();
    const [other] = namesakes(node, typed);
    const fitting = fittingName(typed);
    const problems: Problem[] = [];
    if (other)
      problems.push({ severity: 'hint', text: node._('vivgrid-tool.name-taken', { flow: flowOf(other) }) });
    if (fitting) {
      const remedy = { label: node._('vivgrid-tool.name-use', { name: fitting }), apply: () => use(fitting) };
      problems.push({ severity: 'error', text: node._('vivgrid-tool.name-wrong'), remedy });
    }
    nameProblems.show(problems);
  }

  function use(fitting: string): void {
    name.val(fitting).trigger('change').trigger('focus');
    showName();
  }

  function showDescription(): void {
    const isBlank = String(description.val()).trim() === '';
    descriptionProblems.show(
      isBlank ? [{ severity: 'hint', text: node._('vivgrid-tool.description-missing') }] : [],
    );
  }
}

/** The name with an underscore for what the API does not allow; nothing when it is fine, or nothing is left of it. */
function fittingName(typed: string): string | undefined {
  if (typed === '' || TOOL_NAME.test(typed) || /^\$\{[^}]+\}$/.test(typed)) return undefined;
  const plain = typed.normalize('NFKD').replace(/\p{M}/gu, '');
  const name = plain
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 64);
  return TOOL_NAME.test(name) ? name : undefined;
}

function validateName(this: EditorNode, value: unknown, _options: object): true | string {
  const name = String(value ?? '').trim();
  if (name === '') return this._('vivgrid-tool.name-missing');
  return TOOL_NAME.test(name) || this._('vivgrid-tool.name-wrong');
}

/** Other tools of the same name: a chat node can use one of them only. */
function namesakes(node: EditorNode, name: string): FlowNode[] {
  if (name === '') return [];
  return RED.nodes
    .filterNodes({ type: 'vivgrid-tool' })
    .filter((other) => other.id !== node.id && other.name.trim() === name);
}

function flowOf({ z }: FlowNode): string {
  return RED.nodes.workspace(z)?.label ?? RED.nodes.subflow(z)?.name ?? '';
}
