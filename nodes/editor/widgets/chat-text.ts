/** A text of the chat node's catalogue, for what belongs to no open form. */
export function chatText(key: string, values?: Record<string, string | number>): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-chat:vivgrid-chat.${key}`, values);
}
