// How the examples look on the canvas, measured in the editor, where labels have their widths.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { describeInEditor } from '../support/editor-bench.mts';
import { EXAMPLES, readExample } from '../support/examples.mts';
import type { FlowNode } from '../support/start-node-red.mts';

/** What is free between the sidebars of an editor that is 1440 pixels wide. */
const WIDTH = 860;

interface Box {
  name: string;
  /** The id of the group that it is in. */
  group: string | undefined;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Canvas {
  nodes: Box[];
  groups: (Box & { id: string })[];
}

describeInEditor(
  'the examples on the canvas',
  (bench) => {
    it(`should have their nodes side by side, in their groups, within ${WIDTH} pixels`, async () => {
      // A tab that is disabled looks the same, and its nodes look for no broker.
      const nodes = EXAMPLES.flatMap(readExample).map((node) =>
        node.type === 'tab' ? { ...node, disabled: true } : node,
      );
      // The config nodes that the examples share are there once.
      const flow = [...new Map(nodes.map((node) => [node.id, node])).values()];
      const page = await bench.open(flow);
      for (const { id, label } of flow.filter(({ type }) => type === 'tab')) {
        check(
          String(label),
          flow.filter(({ z }) => z === id),
          await measure(page, id),
        );
      }
    });
  },
  { hasOtherNodes: true },
);

function check(tab: string, flow: FlowNode[], { nodes, groups }: Canvas): void {
  assert.deepEqual(nodes.length + groups.length, flow.length, tab);
  for (const { name, left, right } of [...nodes, ...groups]) {
    assert.ok(left >= 0 && right <= WIDTH, `${tab}: ${name} reaches from ${left} to ${right}`);
  }
  for (const node of nodes) {
    const group = groups.find(({ id }) => id === node.group) ?? assert.fail(`${tab}: ${node.name}`);
    assert.ok(isInside(node, group), `${tab}: ${node.name} is in ${group.name}`);
  }
  for (const boxes of [nodes, groups]) {
    for (const [index, box] of boxes.entries()) {
      const covered = boxes.slice(index + 1).find((other) => overlap(box, other));
      assert.equal(covered, undefined, `${tab}: ${box.name} and ${covered?.name}`);
    }
  }
  // As saved, so that opening the tab changes nothing.
  for (const { id, name, left, right, top, bottom } of groups) {
    const { x, y, w, h } = flow.find((node) => node.id === id) ?? assert.fail(id);
    assert.deepEqual([x, y, w, h], [left, top, right - left, bottom - top], `${tab}: the box of ${name}`);
  }
}

/** Opens a tab. The boxes of what is on it, buttons included. */
function measure(page: Page, tab: string): Promise<Canvas> {
  return page.evaluate<Canvas>(`(() => {
    const tab = '${tab}';
    RED.workspaces.show(tab);
    RED.view.redraw(true, true);
    const nodes = RED.nodes.filterNodes({ z: tab }).map((node) => {
      const { button, align } = node._def;
      return {
        name: node.name,
        group: node.g,
        left: node.x - node.w / 2 - (button && align !== 'right' ? 20 : 0),
        right: node.x + node.w / 2 + (button && align === 'right' ? 20 : 0),
        top: node.y - node.h / 2,
        bottom: node.y + node.h / 2,
      };
    });
    const groups = RED.nodes.groups(tab).map(({ id, name, x, y, w, h }) => ({
      id, name, left: x, right: x + w, top: y, bottom: y + h,
    }));
    return { nodes, groups };
  })()`);
}

function isInside(inner: Box, outer: Box): boolean {
  return (
    inner.left >= outer.left &&
    inner.right <= outer.right &&
    inner.top >= outer.top &&
    inner.bottom <= outer.bottom
  );
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
