// The chat on a dashboard in the demo, and its picture in the README.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { Demo } from '../support/demo.mts';
import { ROOT } from '../support/manifest.mts';
import { launchBrowser } from '../support/open-editor.mts';

/** Questions that the stand-in knows from other examples. */
const TALK = [
  [
    'What is a retained message in MQTT?',
    'The last message of a topic, which the broker keeps for new subscribers.',
  ],
  ['And why is the sky blue?', /comes to your eye from every part of the sky\.$/],
] as const;

describe('the chat on a dashboard of the demo', function () {
  // A whole Node-RED and a browser start, and the stand-in writes at a human pace.
  this.timeout(120_000);
  let userDir: string;
  let demo: Demo;
  let browser: BrowserContext;

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
    demo = new Demo(userDir);
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await demo?.end('SIGKILL');
    rmSync(userDir, { recursive: true });
  });

  it('should answer one question after the other', async () => {
    const page = await browser.newPage();
    await page.setViewportSize({ width: 640, height: 380 });
    await page.goto(`${await demo.address()}/dashboard/chat`);
    for (const [question, answer] of TALK) {
      await page.getByLabel('Question').fill(question);
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.locator('.model', { hasText: answer }).waitFor();
    }
    assert.equal(await page.locator('.model').count(), TALK.length);
    writeFileSync(join(ROOT, 'docs/dashboard.png'), await page.screenshot());
  });
});
