// What is wrong with a typed value.

/** Replaced as a whole by Node-RED when the flow starts. */
export const IS_VARIABLE = /^\$\{[^}]+\}$/;

/** A reason why a typed value can't be evaluated, or undefined. Templates and texts have rules of their own. */
export function typedValueProblem(value: string, type: string): string | undefined {
  const isContext = type === 'flow' || type === 'global';
  // `#:(store)::key`, as the typed input saves it, is not itself a property expression.
  const expression = isContext ? RED.utils.parseContextKey(value).key : value;
  const valid = RED.utils.validateTypedProperty(expression, type, {});
  return valid === true ? undefined : valid;
}
