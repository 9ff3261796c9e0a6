// What a check finds: what is wrong with a value, or probably wrong.
export interface Problem {
  severity: 'error' | 'hint';
  text: string;
  /** Where in a text, in characters from its beginning. */
  range?: { start: number; end: number };
  /** What puts it right, if the form can do it. */
  remedy?: { label: string; apply(): void };
}
