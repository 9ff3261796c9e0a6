// A typed input for known values that takes any other text as well.
import { type Completion, createCompletion, type Suggestion } from './completion.ts';
import { makeTyped, typedField } from './typed-text.ts';

/** A text in a typed input that is chosen from suggestions, or typed freely: `str` with a list under a caret. */
export function choiceType(
  suggestions: () => readonly Suggestion[] | Promise<readonly Suggestion[]>,
): TypedInputType {
  return choiceOf(createCompletion(suggestions));
}

/** Makes an input a typed one whose text is chosen from suggestions, which a click into it opens, too. */
export function makeChoice(
  input: JQuery,
  suggestions: () => readonly Suggestion[] | Promise<readonly Suggestion[]>,
  otherTypes: readonly string[] = [],
  typeField?: string,
): void {
  const completion = createCompletion(suggestions);
  makeTyped(input, { types: [choiceOf(completion), ...otherTypes], ...(typeField && { typeField }) });
  // Node-RED gives the caret no name.
  const container = input.next('.red-ui-typedInput-container');
  container
    .find('.red-ui-typedInput-option-expand')
    .attr('aria-label', RED._('node-red:common.label.expand'));
  const field = typedField(input);
  field.on('click', () => {
    if (input.typedInput('type') === 'str') completion.openAll(field);
  });
}

function choiceOf(completion: Completion): TypedInputType {
  return {
    value: 'str',
    label: RED._('typedInput.type.str'),
    icon: 'red/images/typedInput/az.svg',
    autoComplete: completion.search,
    // Node-RED calls it with the typed input's widget as `this`.
    expand: Object.assign(
      function (this: { input: JQuery }) {
        completion.openAll(this.input);
      },
      { icon: 'fa-caret-down' },
    ),
  };
}
