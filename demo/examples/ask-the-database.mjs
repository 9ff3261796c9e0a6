import { call, readTools } from '../tool-calls.mjs';

function askAboutOrders(_prompt, messages) {
  const {
    question,
    results: [result],
  } = readTools(messages);
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

export default {
  example: 'Ask the database',
  answers: [{ when: /orders of a coffee roaster/, answer: askAboutOrders }],
};
