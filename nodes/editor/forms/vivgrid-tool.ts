// The tool node in the editor: its definition and its form.
import { TOOL_DEFAULTS, TOOL_NAME, type ToolSettings } from '../../lib/common/settings.ts';
import { checkNumber } from '../checks/check-number.ts';
import { fillDefaults } from '../checks/fill-defaults.ts';
import { createSchemaForm, type SchemaForm, validateSchema } from '../tabs/schema-form.ts';
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
    schema: { value: TOOL_DEFAULTS.schema, validate: validateSchema },
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
    form = createSchemaForm(this, this.schema);
    preparePorts();
    const problems = createProblemList($('#vivgrid-tool-name-problems'));
    const showNamesakes = () => {
      const other = namesakes(this, String($('#node-input-name').val()).trim())[0];
      const text = other && this._('vivgrid-tool.name-taken', { flow: flowOf(other) });
      problems.show(text ? [{ severity: 'hint', text }] : []);
    };
    $('#node-input-name').on('input', showNamesakes);
    showNamesakes();
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
