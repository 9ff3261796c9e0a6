// A browser for the tests, and Node-RED's editor in it.
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
  // Playwright makes the folder of the profile and removes it, also when this process ends first.
  return chromium.launchPersistentContext('', {
    executablePath,
    locale: 'en-US',
    deviceScaleFactor: Number(process.env.DSF ?? 1),
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
}

export interface EditorOptions {
  viewport?: { width: number; height: number };
  theme?: Theme;
  /** Of the editor, as its settings offer it; the browser's own, English, if there is none. */
  language?: string;
}

export const VIEWPORT = { width: 1280, height: 900 };

/** A page for editors, one after another. */
export interface EditorPage {
  page: Page;
  /** Errors and warnings that reached the browser's console, uncaught exceptions included. */
  complaints: string[];
  /** Opens Node-RED's editor, in place of what was there, and waits until its flows are on the canvas. */
  load(url: string, options?: EditorOptions): Promise<void>;
  close(): Promise<void>;
}

/** An editor that is loaded into it begins as in a new page, but is there sooner: the process has the scripts compiled. */
export async function openPage(browser: BrowserContext): Promise<EditorPage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
  let loads = 0;
  let beginning: { dispose(): Promise<void> } | undefined;

  async function load(
    url: string,
    { viewport = VIEWPORT, theme = 'light', language = '' }: EditorOptions = {},
  ): Promise<void> {
    await page.unrouteAll();
    await page.mouse.move(0, 0);
    await page.setViewportSize(viewport);
    // Each test begins with the editor's own settings, and may reload the page with those that it has chosen.
    await beginning?.dispose();
    beginning = await page.addInitScript(
      ([load, theme, language]) => {
        // Nothing slides or fades: no test is about that, and to draw it costs as much as to fill a dialog.
        const still = new CSSStyleSheet();
        still.replaceSync('*, *::before, *::after { transition: none !important }');
        document.adoptedStyleSheets = [still];
        // Monaco colours texts when the browser is idle, which may be never where the machine is busy. Without this
        // function, as in Safari, it takes a timer.
        Object.assign(globalThis, { requestIdleCallback: undefined });
        if (sessionStorage.getItem('vivgrid-test') === load) return;
        sessionStorage.clear();
        localStorage.clear();
        localStorage.setItem('view-dark-theme', theme);
        if (language) localStorage.setItem('editor-language', language);
        sessionStorage.setItem('vivgrid-test', load);
      },
      [String(++loads), theme, language] as const,
    );
    await page.goto(url);
    await page.locator('#red-ui-palette-container .red-ui-palette-node').first().waitFor();
    await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  }
  return { page, complaints, load, close: () => page.close() };
}
