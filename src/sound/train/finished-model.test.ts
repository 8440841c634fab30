import { expect, test } from "vitest";
import { fairShare } from "./finished-model.ts";

test.each([
  { lengths: [10, 20, 30], total: 100, share: 30, why: "all fit" },
  { lengths: [10, 200, 300], total: 110, share: 50, why: "short ones stay whole" },
  { lengths: [100, 100, 100, 100], total: 40, share: 10, why: "all are cut" },
  { lengths: [5000], total: 24_000, share: 5000, why: "one file" },
])("fairShare() of $lengths in $total is $share: $why", ({ lengths, total, share }) => {
  expect(fairShare(lengths, total)).toBe(share);
  const sum = lengths.reduce((all, length) => all + Math.min(length, share), 0);
  expect(sum).toBeLessThanOrEqual(total);
});
