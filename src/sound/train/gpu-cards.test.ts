import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { gpuCards, vulkanDrivers } from "./gpu-cards.node.ts";

async function systemOf(files: { readonly [path: string]: string }): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "etude-cards-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

test.skipIf(process.platform !== "linux")(
  "cards are told by name where the system knows it, drivers by their files (Linux only)",
  async () => {
    const root = await systemOf({
      "sys/class/drm/card0/device/vendor": "0x1002\n",
      "sys/class/drm/card0/device/device": "0x73bf\n",
      "sys/class/drm/card0/device/mem_info_vram_total": `${16 * 2 ** 30}\n`,
      "sys/class/drm/card0-DP-1/status": "connected\n",
      "sys/class/drm/card1/device/vendor": "0x10de\n",
      "sys/class/drm/card1/device/device": "0x2204\n",
      "proc/driver/nvidia/gpus/0000:01:00.0/information":
        "Model: \t\t NVIDIA GeForce RTX 3090\nIRQ:   \t\t 110\n",
      "usr/share/vulkan/icd.d/nvidia_icd.json": "{}",
      "etc/vulkan/icd.d/nvidia_icd.json": "{}",
      "usr/share/vulkan/icd.d/readme.txt": "",
    });
    expect(gpuCards(root)).toEqual(["NVIDIA GeForce RTX 3090", "AMD (0x73bf), 16 GiB"]);
    expect(vulkanDrivers(root)).toEqual(["nvidia_icd"]);
    await rm(root, { recursive: true });
  },
);

test.skipIf(process.platform !== "linux")("a system that says nothing has no cards", async () => {
  const root = await systemOf({});
  expect(gpuCards(root)).toEqual([]);
  expect(vulkanDrivers(root)).toEqual([]);
  await rm(root, { recursive: true });
});
