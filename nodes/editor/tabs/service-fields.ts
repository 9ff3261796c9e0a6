// The fields of the config node's form that say which service is asked, with which token and model.

import type { ListedModel } from '../../lib/common/model-end.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from '../../lib/common/settings.ts';
import { isVivgrid, MANAGED, SERVICES } from '../checks/services.ts';
import { makeChoice } from '../widgets/choice-type.ts';
import { createCompletion, openOnClick, type Suggestion } from '../widgets/completion.ts';
import { modelsOfConfig, suggestModels } from '../widgets/model-completion.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { typedField } from '../widgets/typed-text.ts';

export interface ServiceFields {
  /** The token that was typed; nothing while the field stands for the stored one. */
  typedToken(): string | undefined;
  /** Offers these models, which the service has listed. */
  offerModels(models: readonly ListedModel[]): void;
}

/** What the editor shows in place of a stored token, which never reaches it. */
const STORED = '__PWRD__';

export function prepareServiceFields(node: EditorNode & ConfigSettings): ServiceFields {
  const baseUrl = $('#node-config-input-baseUrl');
  const token = $('#node-config-input-token');
  const model = $('#node-config-input-model');
  const modelProblems = createProblemList($('#vivgrid-config-model-problems'));
  let listed: readonly ListedModel[] = [];

  const services = createCompletion(() => SERVICES, URL.canParse);
  baseUrl.autoComplete({ search: services.search, minLength: 0 });
  openOnClick(baseUrl, services);
  makeChoice(model, offeredModels);
  typedField(model).attr({
    placeholder: CONFIG_DEFAULTS.model,
    'aria-describedby': 'vivgrid-config-model-tip',
  });

  baseUrl.on('change input', () => {
    listed = [];
    showTips();
  });
  token.on('change input', showTips);
  model.on('change', showTips);
  // While it is typed: a line that goes only when the field is left would move the button that is being clicked.
  typedField(model).on('input', showTips);
  showTips();

  async function offeredModels(): Promise<Suggestion[]> {
    if (listed.length > 0) return suggestModels(listed);
    // The runtime lists those of the address that is deployed.
    return textOf(baseUrl) === node.baseUrl ? modelsOfConfig(node.id) : [];
  }

  function typedToken(): string | undefined {
    const typed = textOf(token);
    return typed === STORED ? undefined : typed;
  }

  function showTips(): void {
    const ofVivgrid = isVivgrid(textOf(baseUrl));
    const isManaged = (model.typedInput('value').trim() || CONFIG_DEFAULTS.model) === MANAGED;
    const tips = [ofVivgrid ? 'token-vivgrid' : 'token-other', tokenTip(typedToken() ?? STORED)];
    const words = tips.flatMap((tip) => (tip ? node._(`vivgrid-config.tip.${tip}`) : []));
    $('#vivgrid-config-token-tip').html(words.join(' '));
    $('#vivgrid-config-model-tip').toggle(ofVivgrid && isManaged);
    const hint = node._('vivgrid-config.tip.model-other', { model: MANAGED });
    modelProblems.show(!ofVivgrid && isManaged ? [{ severity: 'hint', text: hint }] : []);
  }

  return {
    typedToken,
    offerModels: (models) => {
      listed = models;
    },
  };
}

function tokenTip(token: string): string | undefined {
  const isVariable = /^\$\{[^}]+\}$/.test(token);
  return { [STORED]: 'token-stored', '': 'token-none' }[token] ?? (isVariable ? 'token-variable' : undefined);
}

function textOf(input: JQuery): string {
  return String(input.val() ?? '');
}
