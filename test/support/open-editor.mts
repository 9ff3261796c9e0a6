// A browser for the tests, and Node-RED's editor in it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Theme } from './node-red-versions.mts';
import { BROWSER, findProgram } from './programs.mts';

/**
 * A browser for all the tests that want one. Its profile is on the disk, where it keeps the editor's scripts as it has
 * compiled them: a page then opens in half the time.
 */
export async function launchBrowser(): Promise<BrowserContext> {
  const executablePath = findProgram(BROWSER);
  if (!executablePath) throw new Error(`The editor tests need ${BROWSER.title}.`);
  const profile = await mkdtemp(join(tmpdir(), 'vivgrid-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    locale: 'en-US',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.once('close', () => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  return context;
}

export interface OpenEditor {
  page: Page;
  /** Errors and warnings that reached the browser's console, uncaught exceptions included. */
  complaints: string[];
  close(): Promise<void>;
}

export interface EditorOptions {
  viewport?: { width: number; height: number };
  theme?: Theme;
  /** Of the editor, as its settings offer it; the browser's own if there is none. */
  language?: string;
}

/** Opens Node-RED's editor and waits until its flows are on the canvas. */
export async function openEditor(
  browser: BrowserContext,
  url: string,
  { viewport = { width: 1280, height: 900 }, theme = 'light', language }: EditorOptions = {},
): Promise<OpenEditor> {
  const page = await browser.newPage();
  await page.setViewportSize(viewport);
  // Each test begins with the editor's own settings, and may reload the page with those that it has chosen.
  await page.addInitScript(
    ([chosenTheme, chosenLanguage]) => {
      if (sessionStorage.getItem('vivgrid-test')) return;
      localStorage.clear();
      localStorage.setItem('view-dark-theme', chosenTheme);
      if (chosenLanguage) localStorage.setItem('editor-language', chosenLanguage);
      sessionStorage.setItem('vivgrid-test', 'begun');
    },
    [theme, language ?? ''] as const,
  );
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
  await page.goto(url);
  await page.locator('#red-ui-palette-container .red-ui-palette-node').first().waitFor();
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  return { page, complaints, close: () => page.close() };
}
