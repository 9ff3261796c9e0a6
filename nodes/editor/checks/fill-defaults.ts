/**
 * Gives a node that an earlier version saved, or someone wrote by hand, the properties it lacks, in the open
 * form too. On the node itself, so that closing an untouched form finds nothing changed.
 */
export function fillDefaults<Settings extends object>(
  node: Partial<Settings>,
  defaults: Settings,
  inputPrefix: string,
): asserts node is Settings {
  for (const property of Object.keys(defaults) as (keyof Settings & string)[]) {
    if (node[property] !== undefined && node[property] !== null) continue;
    const value = structuredClone(defaults[property]);
    node[property] = value;
    const input = $(`#${inputPrefix}-${property}`);
    if (typeof value === 'boolean') input.prop('checked', value);
    // A select is a config node's, and shows already that there is none.
    else if (!input.is('select') || value !== '') input.val(String(value));
  }
}

/** The same for the rows of a list. A row keeps the order of what it has, and what a later version put into it. */
export function fillRows<Row extends object>(rows: readonly Partial<Row>[], defaults: Row): Row[] {
  return rows.map((row) => {
    const missing = Object.entries(defaults).filter(([property]) => row[property as keyof Row] === undefined);
    return { ...row, ...Object.fromEntries(missing) } as Row;
  });
}
