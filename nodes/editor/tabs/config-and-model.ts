// The service and the model at the top of the chat node's form.
import { type ChatSettings, CONFIG_DEFAULTS, MODEL_TYPES } from '../../lib/common/settings.ts';
import { makeChoice } from '../widgets/choice-type.ts';
import { modelsOfConfig } from '../widgets/model-completion.ts';
import { typedField } from '../widgets/typed-text.ts';

/** Offers the models of the chosen config, and chooses the config where there is only one. */
export function prepareConfigAndModel(node: EditorNode & ChatSettings): void {
  const config = $('#node-input-config');
  const model = $('#node-input-model');
  const otherTypes = MODEL_TYPES.filter((type) => type !== 'str');
  makeChoice(model, () => modelsOfConfig(chosenConfig()), otherTypes, '#node-input-modelType');
  // A blank model is the config's: the field says which one that is.
  config.on('change', () => typedField(model).attr('placeholder', chosenModel()));
  if (!node.config) chooseOnlyConfig(config);
}

/** The model of the chosen config node. */
export function chosenModel(): string {
  return String(RED.nodes.node(chosenConfig())?.model || CONFIG_DEFAULTS.model);
}

/** The config node that a chat node can use, when there is only one: for all flows, or for the one that it is on. */
export function onlyConfigFor({ z }: { z?: string }): string | undefined {
  const found: string[] = [];
  RED.nodes.eachConfig((config) => {
    const isInReach = !config.d && (!config.z || config.z === z);
    if (config.type === 'vivgrid-config' && isInReach) found.push(config.id);
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The form lists those in reach, and beside them the way to add one and, in Node-RED 5, to choose none. */
function chooseOnlyConfig(select: JQuery): void {
  const options = select.find('option').toArray();
  const ids = options.map((option) => String($(option).val())).filter((id) => RED.nodes.node(id));
  if (ids.length === 1) select.val(ids[0] ?? '').trigger('change');
}

function chosenConfig(): string {
  return String($('#node-input-config').val() ?? '');
}
