/** The settings as they stand in the open form, deployed or not; what has no field is the node's own. */
export function readForm<Settings extends object>(
  node: Settings,
  defaults: Settings,
  inputPrefix: string,
  rows: Partial<Settings>,
): Settings {
  const properties = Object.keys(defaults) as (keyof Settings & string)[];
  const entries = properties.map((property) => {
    const input = $(`#${inputPrefix}-${property}`);
    if (property in rows) return [property, rows[property]];
    if (input.length === 0) return [property, node[property]];
    if (input.is(':checkbox')) return [property, input.prop('checked')];
    // A typed input has the input's own value follow only when it is left.
    const isTyped = input.next().is('.red-ui-typedInput-container');
    const value = String((isTyped ? input.typedInput('value') : input.val()) ?? '');
    // What a select of config nodes shows when none is chosen.
    return [property, value === '_ADD_' ? '' : value];
  });
  return Object.fromEntries(entries);
}
