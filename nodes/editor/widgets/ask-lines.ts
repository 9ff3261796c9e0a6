// Asks the runtime for something that comes bit by bit.

export interface LinesAsked {
  /** The answer's status: 200 when it came to its end, 0 when it was stopped or the runtime can't be reached. */
  ended: Promise<number>;
  /** Closes the connection, which ends the work. */
  stop(): void;
}

/**
 * Hands over each line of JSON of the answer as it comes.
 * @param url relative, so that Node-RED adds its own root and credentials
 */
export function askLines<Line>(url: string, order: object, onLine: (line: Line) => void): LinesAsked {
  let read = 0;
  const take = (text: string): void => {
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(read, end).split('\n');
    read = Math.max(read, end);
    for (const line of lines) if (line !== '') onLine(JSON.parse(line));
  };
  const request = $.ajax({
    url,
    type: 'POST',
    contentType: 'application/json',
    data: JSON.stringify(order),
    dataType: 'text',
    xhr() {
      const xhr = new XMLHttpRequest();
      xhr.addEventListener('progress', () => xhr.status === 200 && take(xhr.responseText));
      return xhr;
    },
  });
  const ended = new Promise<number>((resolve) => {
    request.then(
      (text: string) => {
        take(text);
        resolve(200);
      },
      ({ status }) => resolve(status),
    );
  });
  return { ended, stop: () => request.abort() };
}
