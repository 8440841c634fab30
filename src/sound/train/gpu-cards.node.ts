/**
 * Lists the graphics cards of the machine. The runtime does not say which one it uses, nor its
 * limits, so this is for people only.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const NVIDIA = "0x10de";

const MAKERS: Readonly<Record<string, string>> = {
  [NVIDIA]: "NVIDIA",
  "0x1002": "AMD",
  "0x8086": "Intel",
  "0x1af4": "virtio (virtual)",
  "0x15ad": "VMware (virtual)",
};

/**
 * "NVIDIA (0x2204)", "AMD (0x73bf), 16 GiB", by their names where the system knows those; empty where
 * it says nothing.
 *
 * @param root Of the file system, replaced in tests.
 */
export function gpuCards(root = "/"): string[] {
  const processor = cpus()[0]?.model ?? "";
  if (process.platform === "darwin") return processor.startsWith("Apple") ? [processor] : [];
  if (process.platform === "win32") return windowsCards();
  const named = nvidiaNames(root);
  const folder = join(root, "sys/class/drm");
  const cards = listed(folder).filter((name) => /^card\d+$/.test(name));
  const others = cards.flatMap((card) => {
    const property = (name: string): string => text(join(folder, card, "device", name));
    const vendor = property("vendor");
    if (vendor === "" || (vendor === NVIDIA && named.length > 0)) return [];
    const memory = Number(property("mem_info_vram_total"));
    const size = memory > 0 ? `, ${Math.round(memory / 2 ** 30)} GiB` : "";
    return [`${MAKERS[vendor] ?? vendor} (${property("device")})${size}`];
  });
  return [...named, ...others];
}

/**
 * The drivers through which the runtime would reach a GPU on Linux, by the names of their files:
 * "nvidia_icd", "radeon_icd.x86_64".
 */
export function vulkanDrivers(root = "/"): string[] {
  const folders = ["etc/vulkan/icd.d", "usr/local/share/vulkan/icd.d", "usr/share/vulkan/icd.d"];
  const files = folders.flatMap((folder) => listed(join(root, folder)));
  return [
    ...new Set(files.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5))),
  ];
}

/** "NVIDIA H200" and the like: its own driver tells no memory there. */
function nvidiaNames(root: string): string[] {
  const folder = join(root, "proc/driver/nvidia/gpus");
  return listed(folder).flatMap((card) => {
    const [, name] = /^Model:\s*(.+)$/m.exec(text(join(folder, card, "information"))) ?? [];
    return name === undefined ? [] : [name];
  });
}

function windowsCards(): string[] {
  const command = "(Get-CimInstance Win32_VideoController).Name";
  try {
    const args = ["-NoProfile", "-NonInteractive", "-Command", command];
    const told = execFileSync("powershell.exe", args, {
      encoding: "utf8",
      timeout: 10_000,
      windowsHide: true,
    });
    return told.split(/\r?\n/).filter((line) => line.trim() !== "");
  } catch {
    return [];
  }
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
