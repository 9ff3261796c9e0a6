/** A validator for a setting that is a whole number, or any number when `whole` is false, in a range. */
export function numberBetween(min: number, max: number, whole = true) {
  return function validateNumber(this: EditorNode, value: unknown, _options: object): true | string {
    if (value === undefined || value === null) return true;
    const number = String(value).trim() === '' ? Number.NaN : Number(value);
    const isFine = number >= min && number <= max && (!whole || Number.isInteger(number));
    if (isFine) return true;
    return max === Infinity
      ? this._('vivgrid-config.validate.at-least', { min })
      : this._('vivgrid-config.validate.between', { min, max });
  };
}
