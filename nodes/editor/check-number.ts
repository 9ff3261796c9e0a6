/** A validator for a number in a range, `min` included unless it is a fraction's. Blank is the default's number. */
export function checkNumber({
  min,
  max = Infinity,
  whole = true,
}: {
  min: number;
  max?: number;
  whole?: boolean;
}) {
  return function validateNumber(value: unknown, _options: object): true | string {
    const text = String(value ?? '').trim();
    const number = Number(text);
    const isFine = number <= max && (whole ? number >= min && Number.isInteger(number) : number > min);
    if (text === '' || isFine) return true;
    if (!whole) return inWords('above', { min });
    return max === Infinity ? inWords('whole-from', { min }) : inWords('whole-between', { min, max });
  };
}

// With the namespace: nodes of every type have numbers.
function inWords(key: string, range: Record<string, number>): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-config:vivgrid-config.validate.${key}`, range);
}
