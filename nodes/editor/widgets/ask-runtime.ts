// Asks the runtime for something while a form is open.

/**
 * The runtime's answer to an order.
 * @param url relative, so that Node-RED adds its own root and credentials
 * @param noAnswer the words for a status that brought no answer: 0 when the runtime can't be reached
 */
export async function askRuntime<Outcome>(
  url: string,
  order: object,
  noAnswer: (status: number) => string,
): Promise<Outcome | { outcome: 'failed'; message: string }> {
  try {
    return await $.ajax({
      url,
      type: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(order),
    });
  } catch (response) {
    return { outcome: 'failed', message: noAnswer((response as JQuery.jqXHR).status) };
  }
}
