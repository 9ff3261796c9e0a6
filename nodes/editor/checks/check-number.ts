/**
 * A validator for a number in a range. Blank is the default's number.
 * @param includesMin whether `min` itself is allowed
 * @param applies whether the property is in use, going by the open form
 */
export function checkNumber<Node extends EditorNode = EditorNode>({
  min,
  max = Infinity,
  whole = true,
  includesMin = whole,
  applies = () => true,
}: {
  min: number;
  max?: number;
  whole?: boolean;
  includesMin?: boolean;
  applies?: (node: Node) => boolean;
}) {
  return function validateNumber(this: Node, value: unknown, { label }: { label?: string }): true | string {
    const text = String(value ?? '').trim();
    if (text === '' || !applies(this)) return true;
    const number = Number(text);
    const isFine =
      Number.isFinite(number) &&
      number <= max &&
      (includesMin ? number >= min : number > min) &&
      (!whole || Number.isInteger(number));
    if (isFine) return true;
    const isOpen = max === Infinity;
    const key = whole ? (isOpen ? 'whole-from' : 'whole-between') : includesMin ? 'from' : 'above';
    return (label ? `${label}: ` : '') + inWords(key, isOpen ? { min } : { min, max });
  };
}

// With the namespace: nodes of every type have numbers.
function inWords(key: string, range: Record<string, number>): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-config:vivgrid-config.validate.${key}`, range);
}
