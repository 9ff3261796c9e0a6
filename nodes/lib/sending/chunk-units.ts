// The units in which a streamed reply is given on. Joined back they are the reply, to the byte.
import type { Chunks } from '../common/settings.ts';
import { ABBREVIATIONS } from './abbreviations.ts';

/** Collects pieces of text and gives complete units on. */
export interface ChunkUnits {
  /** Adds a piece; gives the units that are complete with it, none of them empty. */
  add(text: string): string[];
  /** What is left when the reply has ended. */
  rest(): string[];
}

/** `growing` messages hold the text so far, so their pieces come as they are. */
export function createChunkUnits(chunks: Chunks): ChunkUnits {
  return UNITS[chunks]();
}

const UNITS: Readonly<Record<Chunks, () => ChunkUnits>> = {
  token: asTheyCome,
  growing: asTheyCome,
  line: () => buffered(splitLines, /\n/),
  sentence: () => buffered(splitSentences, SENTENCE_END),
};

function asTheyCome(): ChunkUnits {
  return { add: (text) => [text], rest: () => [] };
}

/** Cuts a text after each unit but the last, which may still grow. No unit ends in the first `decided` characters. */
type Split = (text: string, decided: number) => string[];

/** @param end what there is, within UNDECIDED characters, when a unit may be complete */
function buffered(split: Split, end: RegExp): ChunkUnits {
  // Where a unit is long, only its end is looked at again: taking apart the whole of it would, piece after piece, take
  // time in proportion to the square of its length.
  let settled = '';
  let open = '';
  let decided = 0;
  // A copy, for the same reason.
  let recent = '';
  const takeApart = (): string[] => {
    const units = split(open, decided);
    units[0] = settled + units[0];
    return units;
  };
  return {
    add(text) {
      open += text;
      recent = recent.slice(-UNDECIDED) + text;
      if (!end.test(recent)) return [];
      const units = takeApart();
      if (units.length > 1) {
        settled = '';
        decided = 0;
        open = units.at(-1) as string;
        recent = open.slice(-UNDECIDED);
      }
      if (open.length > 2 * UNDECIDED) {
        settled += open.slice(0, -2 * UNDECIDED);
        open = open.slice(-2 * UNDECIDED);
        decided = UNDECIDED;
      }
      return units.slice(0, -1);
    },
    rest() {
      const units = takeApart().filter((unit) => unit !== '');
      settled = '';
      open = '';
      decided = 0;
      recent = '';
      return units;
    },
  };
}

// Each with its newline; what follows the last newline comes last, be it empty.
function splitLines(text: string): string[] {
  return text.split(/(?<=\n)/).concat(text.endsWith('\n') ? '' : []);
}

/** What asks in Greek ends no sentence in other languages. */
const GREEK_QUESTION = /\p{Script=Greek}{2}[;\u037e]/u;
/** A possible end and what follows it. Within numbers, names and addresses (`?id=1`) there is none. */
const SENTENCE_END = new RegExp(
  `(?:[.?!](?!\\w)|(?![.?!])\\p{STerm}|[…\\n]|${GREEK_QUESTION.source})[\\s\\S]`,
  'u',
);
/** So many characters after a possible end it is known whether it is one. */
const UNDECIDED = 40;

// The rules of Unicode (UAX 29) hold decimals together and are the same for all languages but Greek.
const segmenters = new Map<string, Intl.Segmenter>();

// Made with the first sentence, not when Node-RED starts: it loads language data.
function segmenterFor(text: string): Intl.Segmenter {
  const language = GREEK_QUESTION.test(text) ? 'el' : 'en';
  const known = segmenters.get(language);
  if (known) return known;
  const made = new Intl.Segmenter(language, { granularity: 'sentence' });
  segmenters.set(language, made);
  return made;
}

// What those rules do not know: the dot of an abbreviation before a capital letter. Only such as end no sentence.
const BEFORE_WORD = /[\s("'„“«]/;
// One letter, or letters with dots between them: J. R. R. Tolkien, z. B., e.g., U.S.
const LETTERS = /^(\p{L}\.)*\p{L}$/u;
// Made with the first sentence, too.
let abbreviations: ReadonlySet<string> | undefined;

function endsInAbbreviation(sentence: string): boolean {
  const text = sentence.trimEnd();
  if (!text.endsWith('.')) return false;
  const word = text.slice(0, -1).split(BEFORE_WORD).at(-1) as string;
  abbreviations ??= new Set(ABBREVIATIONS.split(' '));
  return LETTERS.test(word) || abbreviations.has(word);
}

// Within an address; after a sentence there would be a blank.
const ASCII_END = /[.?!]$/;
// A number follows the one, and a German noun the other: Pump No. 3, im 2. Stock.
const NUMBER_WORD = /(^|\s)Nos?\.\s*$/i;
const ORDINAL =
  /(^|\s)(im|am|vom|zum|zur|beim|ins|der|die|das|dem|den|des|(jed|dies)e[mnrs]?|eine?[mnrs]?)\s\d{1,3}\.\s*$/i;
// The number of a list item stands alone; a day's number stands before a month.
const LIST_NUMBER = /^\s*\d{1,3}\.\s*$/;
const DAY_NUMBER = /\b\d{1,2}\. *$/;
const MONTHS =
  'Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' ');

function splitSentences(text: string, decided: number): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { segment, index } of segmenterFor(text).segment(text)) {
    // Its end tells: a sentence may be as long as the text.
    if (index <= decided || isUnfinished(text.slice(Math.max(start, index - UNDECIDED), index), segment))
      continue;
    sentences.push(text.slice(start, index));
    start = index;
  }
  return [...sentences, text.slice(start)];
}

function isUnfinished(sentence: string, next: string): boolean {
  if (sentence.trim() === '') return true;
  if (sentence.endsWith('\n')) return false;
  return (
    (ASCII_END.test(sentence) && /^\w/.test(next)) ||
    endsInAbbreviation(sentence) ||
    (NUMBER_WORD.test(sentence) && /^\d/.test(next)) ||
    ORDINAL.test(sentence) ||
    LIST_NUMBER.test(sentence) ||
    (DAY_NUMBER.test(sentence) && beginsMonth(next))
  );
}

// The name may not have come whole yet.
function beginsMonth(text: string): boolean {
  return MONTHS.some((month) => text.startsWith(month) || month.startsWith(text));
}
