// The stand-in in the examples with tools: it calls the flows as a model would, and words what they give back.

const call = (name, args) => ({ name, arguments: JSON.stringify(args) });

/** The question, and what the tools have given back so far. */
function read(messages) {
  return {
    question: messages.findLast(({ role }) => role === 'user').content,
    results: messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
  };
}

/** @returns {string | { name: string, arguments: string }[]} a text, or the calls of tools */
export function lookAfterLights(messages) {
  const { question, results } = read(messages);
  const problem = results.find((result) => result.startsWith('Error: '));
  if (problem) return `That did not work. ${problem}`;
  if (/which|what/i.test(question)) {
    return results.length === 0 ? [call('list_lights', {})] : describeLights(results[0]);
  }
  if (/\boff\b/.test(question)) {
    const rooms = ['hall', 'kitchen', 'living_room'];
    return results.length === 0
      ? rooms.map((room) => call('switch_light', { room, on: false }))
      : 'All lights are off. Good night!';
  }
  return results.length === 0
    ? [
        call('switch_light', { room: 'hall', on: true }),
        call('dim_light', { room: 'living_room', level: 30 }),
      ]
    : 'The light in the hall is on, and the living room is dimmed to 30 percent.';
}

function describeLights(result) {
  if (!result.startsWith('{')) return result;
  const on = Object.entries(JSON.parse(result)).filter(([, { on }]) => on);
  if (on.length === 0) return 'All lights are off.';
  const names = on.map(([room, { level }]) => `${room.replace('_', ' ')} (${level} percent)`);
  return `These lights are on: ${names.join(', ')}.`;
}

/** @returns {string | { name: string, arguments: string }[]} a text, or the calls of tools */
export function askAboutOrders(messages) {
  const {
    question,
    results: [result],
  } = read(messages);
  if (result === undefined) return [call('query_orders', queryFor(question))];
  if (result.startsWith('Error: ')) return `That did not work. ${result}`;
  const { orders, kg, amount, groups } = JSON.parse(result);
  if (groups) {
    const [{ customer, amount: most }] = groups;
    return `${customer} spent most so far: ${most} euros.`;
  }
  return `There are ${orders} such orders: ${kg} kg for ${amount} euros in all.`;
}

function queryFor(question) {
  if (/spent/.test(question)) return { group_by: 'customer' };
  if (/open/.test(question)) return { status: 'open' };
  return { customer: 'Harbour Cafe', from: '2026-05-01', to: '2026-05-31' };
}
