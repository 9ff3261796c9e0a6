// Suggestions for what is typed into a field: Node-RED's autoComplete, which on a click offers all there are.

/** Something to choose from while typing: the value itself, what it is called, and what it is for. */
export interface Suggestion {
  value: string;
  name?: string;
  help?: string;
}

export interface Completion {
  /** A search for Node-RED's autoComplete, whose Enter and Tab take the first one: so the best match leads. */
  search(typed: string, done: (matches: CompletionOption[]) => void): Promise<void>;
  /** Opens the list under a field that has this search, with everything that there is to choose from. */
  openAll(field: JQuery): void;
}

/** @param isWhole whether what is typed may be meant as it is: then Enter and Tab leave it */
export function createCompletion(
  suggestions: () => readonly Suggestion[] | Promise<readonly Suggestion[]>,
  isWhole: (typed: string) => boolean = () => false,
): Completion {
  let isForAll = false;

  return {
    async search(typed, done) {
      const all = isForAll;
      isForAll = false;
      const text = typed.trim();
      const matches = (all ? rank : matchesFor)(text, await suggestions());
      const isNew = text !== '' && matches.length > 0 && matches[0]?.rank !== 0;
      // Led by what is in the field, a list that was only opened changes nothing with Enter and Tab.
      const own = isNew && (all || isWhole(text)) ? [{ value: text }] : [];
      done([...own, ...matches.map(({ suggestion }) => suggestion)].map(optionOf));
    },
    openAll(field) {
      isForAll = true;
      field.trigger('focus').trigger('keyup');
    },
  };
}

/** Opens the suggestions on a click, too, not only on typing. */
export function openOnClick(field: JQuery, completion: Completion): void {
  field.on('click', () => completion.openAll(field));
}

const NO_MATCH = 3;

function matchesFor(typed: string, suggestions: readonly Suggestion[]): Ranked[] {
  const ranked = rank(typed, suggestions);
  // What is there already was chosen: opening the list again is to choose another one.
  const worst = ranked[0]?.rank === 0 ? NO_MATCH : NO_MATCH - 1;
  return ranked.filter((match) => match.rank <= worst);
}

interface Ranked {
  suggestion: Suggestion;
  rank: number;
}

function rank(typed: string, suggestions: readonly Suggestion[]): Ranked[] {
  const text = typed.toLowerCase();
  return suggestions
    .map((suggestion) => {
      const { value, name } = suggestion;
      // A name is found by its beginning, but is not what the field holds.
      const byName = name ? Math.max(rankOf(name.toLowerCase(), text), 1) : NO_MATCH;
      return { suggestion, rank: Math.min(rankOf(value.toLowerCase(), text), byName) };
    })
    .sort((left, right) => left.rank - right.rank);
}

function rankOf(value: string, typed: string): number {
  if (value === typed) return 0;
  if (value.startsWith(typed)) return 1;
  return value.includes(typed) ? 2 : NO_MATCH;
}

function optionOf({ value, name, help = name && value }: Suggestion): CompletionOption {
  const label = $('<div class="vivgrid-suggestion">')
    .toggleClass('vivgrid-named', name !== undefined)
    .append($('<span>').text(name ?? value));
  if (help) label.append($('<small>').text(help));
  return { value, label };
}
