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
  return function validateNumber(this: EditorNode, value: unknown, _options: object): true | string {
    const text = String(value ?? '').trim();
    const number = Number(text);
    const isFine = number <= max && (whole ? number >= min && Number.isInteger(number) : number > min);
    if (text === '' || isFine) return true;
    if (!whole) return this._('vivgrid-config.validate.above', { min });
    return max === Infinity
      ? this._('vivgrid-config.validate.whole-from', { min })
      : this._('vivgrid-config.validate.whole-between', { min, max });
  };
}
