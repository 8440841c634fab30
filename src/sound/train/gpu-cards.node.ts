/**
 * Lists the graphics cards of the machine. The runtime does not say which one it uses, nor its
 * limits, so this is for people only.
 */

import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const MAKERS: Readonly<Record<string, string>> = {
  "0x10de": "NVIDIA",
  "0x1002": "AMD",
  "0x8086": "Intel",
  "0x1af4": "virtio (virtual)",
  "0x15ad": "VMware (virtual)",
};

/** "NVIDIA (0x2204)", "AMD (0x73bf), 16 GiB"; empty where the system says nothing. */
export function gpuCards(folder = "/sys/class/drm"): string[] {
  const processor = cpus()[0]?.model ?? "";
  if (process.platform === "darwin") return processor.startsWith("Apple") ? [processor] : [];
  const cards = listed(folder).filter((name) => /^card\d+$/.test(name));
  return cards.flatMap((card) => {
    const property = (name: string): string => text(join(folder, card, "device", name));
    const vendor = property("vendor");
    if (vendor === "") return [];
    const memory = Number(property("mem_info_vram_total"));
    const size = memory > 0 ? `, ${Math.round(memory / 2 ** 30)} GiB` : "";
    return [`${MAKERS[vendor] ?? vendor} (${property("device")})${size}`];
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
