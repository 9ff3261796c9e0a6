// What is wrong with the base address, in words.

import { CONFIG_DEFAULTS } from '../../lib/common/settings.ts';
import { normalizeBaseUrl } from '../../lib/service/base-url.ts';

/** The reason why requests can't be sent to this address; `true` when they can. */
export function validateBaseUrl(this: EditorNode, value: unknown, _options: object): true | string {
  const result = normalizeBaseUrl(String(value ?? CONFIG_DEFAULTS.baseUrl));
  return 'problem' in result ? this._(`vivgrid-config.validate.base-url.${result.problem}`) : true;
}
