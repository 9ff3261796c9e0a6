// What a check finds: what is wrong with a value, or probably wrong.
export interface Problem {
  severity: 'error' | 'hint';
  text: string;
}
