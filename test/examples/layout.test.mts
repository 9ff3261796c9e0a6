// How the examples look on the canvas, measured in the editor, where labels have their widths.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { describeInEditor } from '../support/editor-bench.mts';
import { EXAMPLES, readExample } from '../support/examples.mts';

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

describeInEditor('the examples on the canvas', (bench) => {
  for (const name of EXAMPLES) {
    it(`should have its nodes side by side in ${name}, within ${WIDTH} pixels`, async () => {
      // A tab that is disabled looks the same, and its nodes look for no broker.
      const flow = readExample(name).map((node) =>
        node.type === 'tab' ? { ...node, disabled: true } : node,
      );
      const page = await bench.open(flow);
      const { nodes, groups } = await measure(page);
      assert.equal(nodes.length, flow.filter(({ g }) => g).length);

      for (const box of [...nodes, ...groups]) {
        assert.ok(
          box.left >= 0 && box.right <= WIDTH,
          `${box.name} reaches from ${box.left} to ${box.right}`,
        );
      }
      for (const node of nodes) {
        const group = groups.find(({ id }) => id === node.group) ?? assert.fail(`${node.name} has no group`);
        assert.ok(isInside(node, group), `${node.name} in ${group.name}`);
      }
      for (const boxes of [nodes, groups]) {
        for (const [index, box] of boxes.entries()) {
          for (const other of boxes.slice(index + 1)) {
            assert.ok(!overlap(box, other), `${box.name} and ${other.name}`);
          }
        }
      }
      for (const { id, name, left, right, top, bottom } of groups) {
        const { x, y, w, h } = flow.find((node) => node.id === id) ?? assert.fail();
        assert.deepEqual([x, y, w, h], [left, top, right - left, bottom - top], `the box of ${name}`);
      }
    });
  }
});

/** The boxes of what is on the open tab, buttons included. */
function measure(page: Page): Promise<Canvas> {
  return page.evaluate<Canvas>(`(() => {
    RED.view.redraw(true, true);
    const tab = RED.workspaces.active();
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
