// Numbers as the editor's language writes them.

/** At most two decimals, or three digits of what is small. */
export function amount(number: number): string {
  const digits = number < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
  return number.toLocaleString(RED.i18n.lang(), digits);
}

/** Milliseconds as seconds, without their unit. */
export function seconds(ms: number): string {
  return (ms / 1000).toLocaleString(RED.i18n.lang(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** A moment, in milliseconds since 1970, as the time of day. */
export function timeOfDay(moment: number): string {
  return new Date(moment).toLocaleTimeString(RED.i18n.lang());
}
