/**
 * Evaluates a typed value of the form (`msg`, `flow`, `global`, `env`, `jsonata`, `num`, `json` …) for a message.
 * What can't be found is `undefined`; rejects with the platform's own error for what can't be evaluated.
 */
export type Evaluate = (value: string, type: string, message: object) => Promise<unknown>;
