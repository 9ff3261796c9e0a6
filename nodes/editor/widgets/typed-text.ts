/**
 * What a typed input gives back for a value that it was given. Its field has one line: it drops line breaks,
 * so a text that nobody touched is the one that was saved, not the one that is shown.
 */
export function keepUntouched(input: JQuery, saved: string): () => string {
  const shownType = input.typedInput('type');
  const shown = input.typedInput('value');
  return () => {
    const value = input.typedInput('value');
    return input.typedInput('type') === shownType && value === shown ? saved : value;
  };
}

/**
 * Checks what is typed by a rule of ours, in place of Node-RED's. To be called again when the types have changed.
 * @param problemOf what is wrong with a value, in words
 */
export function checkTyped(
  input: JQuery,
  problemOf: (value: string, type: string) => string | undefined,
): void {
  const { typeMap } = input.typedInput('instance');
  for (const [name, type] of Object.entries(typeMap)) {
    typeMap[name] = { ...type, validate: (value) => problemOf(value, name) ?? true };
  }
  input.typedInput('validate');
}

/** Makes an input a typed one. What is typed into then has the input's name, which Node-RED 4 does not see to. */
export function makeTyped(input: JQuery, options: TypedInputOptions): void {
  input.typedInput(options);
  const field = typedField(input);
  for (const name of ['aria-label', 'aria-labelledby']) {
    const value = input.attr(name);
    if (value !== undefined) field.attr(name, value);
  }
}

/** What is typed into, where an input has become a typed one. */
export function typedField(input: JQuery): JQuery {
  return input.next('.red-ui-typedInput-container').find('.red-ui-typedInput-input');
}
