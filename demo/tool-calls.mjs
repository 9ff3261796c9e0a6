// For the answers of examples with tools: a call as a model makes it, and what the tools gave back.

export const call = (name, args) => ({ name, arguments: JSON.stringify(args) });

/**
 * @param {{ role: string, content: string }[]} messages of a request
 * @returns {{ question: string, results: string[] }} the question, and what the tools have given back so far
 */
export function readTools(messages) {
  return {
    question: messages.findLast(({ role }) => role === 'user').content,
    results: messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
  };
}
