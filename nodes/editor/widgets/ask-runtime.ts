// Asks the runtime for something while a form is open.

/**
 * The runtime's answer to an order.
 * @param url relative, so that Node-RED adds its own root and credentials
 * @param noAnswer the words for a status that brought no answer: 0 when the runtime can't be reached
 * @param signal gives the order up, and closes its connection
 */
export async function askRuntime<Outcome>(
  url: string,
  order: object,
  noAnswer: (status: number) => string,
  signal?: AbortSignal,
): Promise<Outcome | { outcome: 'failed'; message: string }> {
  try {
    const request = $.ajax({
      url,
      type: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(order),
    });
    signal?.addEventListener('abort', () => request.abort());
    return await request;
  } catch (response) {
    return { outcome: 'failed', message: noAnswer((response as JQuery.jqXHR).status) };
  }
}
