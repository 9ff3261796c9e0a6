// Abbreviations whose dot ends no sentence. The build runs this file and puts the result in its place, because the data
// come from a development dependency: Unicode's CLDR, its sentence-break suppressions.
import de from 'cldr-segments-full/segments/de/suppressions.json' with { type: 'json' };
import en from 'cldr-segments-full/segments/en/suppressions.json' with { type: 'json' };
import es from 'cldr-segments-full/segments/es/suppressions.json' with { type: 'json' };
import fr from 'cldr-segments-full/segments/fr/suppressions.json' with { type: 'json' };
import it from 'cldr-segments-full/segments/it/suppressions.json' with { type: 'json' };
import pt from 'cldr-segments-full/segments/pt/suppressions.json' with { type: 'json' };
import ru from 'cldr-segments-full/segments/ru/suppressions.json' with { type: 'json' };

// CLDR has neither Dutch nor Polish, and of the other languages not all that models write.
const SUPPLEMENT =
  'avg bijv dhr enz mevr np itd tzn ca resp bzw usw bspw Bd Abb Tab Dipl Mme Mlle Dott Ave Gen Hon approx incl etc max ' +
  'min Fig Vol Eds eds Jul Oct Ud Uds núm им стр рис гл см ср др пр млн млрд';

// A streamed reply doesn't say its language, so one list serves all of them. What stands for something in one language
// is taken out where it is a word, or a unit, that often ends a sentence in another: "That is all.", "Öffne die App."
const WORDS =
  'all ago am apart append arch cat caps config div doc end ex fund gram graph ill int led lit liter long may ms on out ' +
  'pal port prod rag rod set tab dom lat sam ven All Act As By Do Go Hat In Is Jam Job Joe Link Long On Or Pro To Up OK Ok Cap Card Kit Ex ' +
  'So Ben App Test Port Alt PIN RAM PC DC AA Hz Gb Kb Mb bras eng fil jeu mai mar mer quart ver vie voit Bien Est Korn';

const words = new Set(WORDS.split(' '));
const suppressions = [de, en, es, fr, it, pt, ru].flatMap(({ segments }) =>
  // Of several words ("n. Chr.") each that has a dot: a sentence could end at each.
  segments.segmentations.SentenceBreak.standard.flatMap(({ suppression }) =>
    suppression.split(' ').flatMap((word) => (word.endsWith('.') ? word.slice(0, -1) : [])),
  ),
);

/** Without the last dot, in the capitals they are written in; blanks between them. */
export const ABBREVIATIONS: string = [
  ...new Set(
    [...suppressions, ...SUPPLEMENT.split(' ')].filter(
      // Letters with dots between them are known by their form.
      (word) => !words.has(word) && !/^(\p{L}\.)*\p{L}$/u.test(word),
    ),
  ),
]
  .sort()
  .join(' ');
