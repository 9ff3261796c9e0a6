// Above the list of requests: what was used today, and a bar for each of the last 24 hours.
import type { ServiceUsage, UsageCounts } from '../../../lib/common/exchanges.ts';
import { amount } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';

type Sums = Omit<UsageCounts, 'from'>;

export interface UsageHead {
  show(services: readonly ServiceUsage[]): void;
}

const HOURS = 24;
const HOUR = 3_600_000;
const WIDTH = 10;
/** Of the whole chart; the marks stand above the bars. */
const HEIGHT = 44;
const TOP = 10;

export function createUsageHead(container: JQuery): UsageHead {
  const line = $('<div class="vivgrid-requests-today">').appendTo(container);
  const chart = $('<div class="vivgrid-requests-chart">').appendTo(container);
  return {
    show(services) {
      const { requests, failures, tokens, cost } = sum(services.map(({ today }) => today));
      const parts = [
        chatText('requests.requests', { number: amount(requests) }),
        chatText('requests.failed', { number: amount(failures) }),
        chatText('requests.tokens', { number: amount(tokens) }),
        ...(cost > 0 ? [chatText('requests.cost', { number: amount(cost) })] : []),
      ];
      line
        .empty()
        .append($('<b>').text(chatText('requests.today')), ' ', $('<span>').text(parts.join(' · ')));
      chart.empty().append(drawHours(services.flatMap(({ hours }) => hours)) as unknown as HTMLElement);
    },
  };
}

function sum(counts: readonly Sums[]): Sums {
  const total = { requests: 0, failures: 0, tokens: 0, cost: 0 };
  for (const { requests, failures, tokens, cost } of counts) {
    total.requests += requests;
    total.failures += failures;
    total.tokens += tokens;
    total.cost += cost;
  }
  return total;
}

function drawHours(counts: readonly UsageCounts[]): SVGElement {
  const hours = lastHours(counts.map(({ from }) => from)).map((from) => ({
    from,
    ...sum(counts.filter((count) => count.from === from)),
  }));
  const most = Math.max(1, ...hours.map(({ tokens }) => tokens));
  const { tokens, failures } = sum(hours);
  const about = [
    chatText('requests.tokens', { number: amount(tokens) }),
    chatText('requests.failed', { number: amount(failures) }),
    chatText('requests.chart-marks'),
  ];
  const svg = element('svg', {
    viewBox: `0 0 ${HOURS * WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-labelledby': 'vivgrid-chart-title vivgrid-chart-about',
  });
  svg.append(
    withText(element('title', { id: 'vivgrid-chart-title' }), chatText('requests.chart')),
    withText(element('desc', { id: 'vivgrid-chart-about' }), about.join('. ')),
    ...hours.map((hour, index) => drawHour(hour, index * WIDTH, most)),
  );
  return svg;
}

function drawHour(hour: UsageCounts, x: number, most: number): SVGElement {
  const group = element('g');
  const words = [
    `${hour.from.slice(11)}`,
    chatText('requests.requests', { number: amount(hour.requests) }),
    chatText('requests.failed', { number: amount(hour.failures) }),
    chatText('requests.tokens', { number: amount(hour.tokens) }),
  ];
  const height = hour.tokens === 0 ? 1 : Math.max(2, ((HEIGHT - TOP) * hour.tokens) / most);
  group.append(
    withText(element('title'), words.join(' · ')),
    element('rect', { class: 'vivgrid-chart-hour', x, y: 0, width: WIDTH, height: HEIGHT }),
    element('rect', {
      class: 'vivgrid-chart-bar',
      x: x + 1,
      y: HEIGHT - height,
      width: WIDTH - 2,
      height,
    }),
  );
  // A mark, not a colour alone.
  if (hour.failures > 0) {
    const [left, right] = [x + 2, x + WIDTH - 2];
    group.append(
      element('path', { class: 'vivgrid-chart-failed', d: `M${left} 2 L${right} 8 M${left} 8 L${right} 2` }),
    );
  }
  return group;
}

/** The beginnings of the last hours, as the runtime writes them. Its clock may be in a zone that is ahead of ours. */
function lastHours(known: readonly string[]): string[] {
  const latest = Math.max(Date.now(), ...known.map((from) => new Date(from).getTime()));
  return Array.from({ length: HOURS }, (_, index) => hourOf(new Date(latest - (HOURS - 1 - index) * HOUR)));
}

function hourOf(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:00`;
}

function element(name: string, attributes: Record<string, string | number> = {}): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function withText(target: SVGElement, text: string): SVGElement {
  target.textContent = text;
  return target;
}
