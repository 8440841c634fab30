/**
 * The studio in headless Chromium: paint, size, curves, delay from input to sound, training in the page.
 *
 * ETUDE_PARTS chooses some of page, play, training, separated by commas.
 */

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import type { Bench } from "./bench.ts";
import {
  demoFiles,
  ETUDE,
  homeIn,
  openChromium,
  openSite,
  openStudioIn,
} from "./studio/chromium.node.ts";
import { firstPaint, firstVisit, makeLongRun, redraw } from "./studio/page.node.ts";
import { playing } from "./studio/play.node.ts";
import { training } from "./studio/training.node.ts";
import { inTemporaryFolder } from "./temporary-folder.node.ts";

const PARTS = (process.env["ETUDE_PARTS"] ?? "page,play,training").split(",");

export const studio: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const files = await demoFiles(join(folder, "corpus"));
    const runs = join(folder, "runs");
    const browser = await openChromium();
    const site = await openSite(join(folder, "site"));
    try {
      if (PARTS.includes("page")) await firstVisit(browser, site, say);
      if (PARTS.includes("page") || PARTS.includes("play")) {
        trainFor(folder, dirname(files[0] ?? ""), join(runs, "demo"));
        await makeLongRun(join(runs, "demo"), join(runs, "long"));
        await inStudio(folder, async (address) => {
          if (PARTS.includes("page")) {
            await firstPaint(browser, address, say);
            await redraw(browser, address, say);
          }
          if (PARTS.includes("play")) await playing(browser, address, say);
        });
      }
      if (PARTS.includes("training")) {
        await training(browser, { files, address: site.address, isolated: site.isolated }, say);
      }
    } finally {
      await browser.close();
      await site.close();
    }
  });
};

async function inStudio(folder: string, work: (address: string) => Promise<void>): Promise<void> {
  const { address, close } = await openStudioIn(folder);
  try {
    await work(address);
  } finally {
    await close();
  }
}

/** A model that plays, in the library of that home. */
function trainFor(home: string, corpus: string, run: string): void {
  const args = [ETUDE, "train", corpus, "-o", run, "--epochs", "3"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: home, env: homeIn(home) });
  if (status !== 0) throw new Error(stderr.toString());
}
