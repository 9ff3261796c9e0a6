/** Something to choose from while typing: the value itself and what it is for. */
export interface Suggestion {
  value: string;
  help?: string;
}

/** A search for Node-RED's autoComplete, whose Enter and Tab take the first one: so the best match leads. */
export function suggestFrom(suggestions: () => readonly Suggestion[] | Promise<readonly Suggestion[]>) {
  return async (typed: string, done: (matches: CompletionOption[]) => void): Promise<void> => {
    const text = typed.trim().toLowerCase();
    const ranked = (await suggestions())
      .map((suggestion) => ({ suggestion, rank: rankOf(suggestion.value.toLowerCase(), text) }))
      .sort((left, right) => left.rank - right.rank);
    // What is there already was chosen: opening the list again is to choose another one.
    const worst = ranked[0]?.rank === 0 ? NO_MATCH : NO_MATCH - 1;
    done(ranked.filter(({ rank }) => rank <= worst).map(({ suggestion }) => optionOf(suggestion)));
  };
}

/** Opens the suggestions on a click, too, not only on typing. */
export function openOnClick(input: JQuery): void {
  input.on('click', () => {
    input.trigger('keyup');
  });
}

const NO_MATCH = 3;

function rankOf(value: string, typed: string): number {
  if (value === typed) return 0;
  if (value.startsWith(typed)) return 1;
  return value.includes(typed) ? 2 : NO_MATCH;
}

function optionOf({ value, help }: Suggestion): CompletionOption {
  const label = $('<div class="vivgrid-suggestion">').append($('<span>').text(value));
  if (help) label.append($('<small>').text(help));
  return { value, label };
}
