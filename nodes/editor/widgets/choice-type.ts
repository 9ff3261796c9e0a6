// A typed input for known values that takes any other text as well.
import { type Suggestion, suggestFrom } from './completion.ts';

/** A text in a typed input that is chosen from suggestions, or typed freely: `str` with a list under a caret. */
export function choiceType(
  suggestions: () => readonly Suggestion[] | Promise<readonly Suggestion[]>,
): TypedInputType {
  return {
    value: 'str',
    label: RED._('typedInput.type.str'),
    icon: 'red/images/typedInput/az.svg',
    autoComplete: suggestFrom(suggestions),
    expand: Object.assign(openSuggestions, { icon: 'fa-caret-down' }),
  };
}

/** Node-RED calls it with the typed input's widget as `this`. */
function openSuggestions(this: { input: JQuery }): void {
  this.input.trigger('focus').trigger('keyup');
}
