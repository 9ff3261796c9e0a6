// How many mistakes there are on each tab of the chat node's form, as it stands.
import type { ChatSettings } from '../../lib/common/settings.ts';
import type { FormTabs, TabName } from '../widgets/form-tabs.ts';
import { CHECKED } from '../widgets/problem-list.ts';

/**
 * Counts the mistakes on each tab whenever something in the form has changed, by the validators that look at the saved
 * node. A property stands on the tab that its field, `#node-input-<property>`, or its list is on.
 * @param read the settings as they stand in the form; nothing when the form is closed
 */
export function watchTabErrors(
  node: EditorNode,
  tabs: FormTabs,
  names: readonly TabName[],
  read: () => ChatSettings | undefined,
): void {
  const { defaults } = node._def;
  const checked = Object.keys(defaults).flatMap((property) => {
    const field = $(['', '-container', '-list'].map((end) => `#node-input-${property}${end}`).join());
    const tab = tabs.tabOf(field);
    return tab && defaults[property]?.validate ? [{ property, tab }] : [];
  });
  let isDue = false;
  const countSoon = (): void => {
    if (isDue) return;
    isDue = true;
    // Many parts of the form are checked at once.
    setTimeout(() => {
      isDue = false;
      count();
    });
  };
  $('#dialog-form').on(`change input ${CHECKED}`, countSoon);
  countSoon();

  function count(): void {
    const settings = read();
    if (!settings) return;
    for (const name of names) {
      const properties = checked.filter(({ tab }) => tab === name).map(({ property }) => property);
      const errors = properties.map((property) =>
        errorsOf(property, settings[property as keyof ChatSettings]),
      );
      tabs.showErrors(
        name,
        errors.reduce((sum, number) => sum + number, 0),
      );
    }
  }

  function errorsOf(property: string, value: unknown): number {
    const found = defaults[property]?.validate?.call(node, value, {}) ?? true;
    if (found === true) return 0;
    return Array.isArray(found) ? found.length : 1;
  }
}
