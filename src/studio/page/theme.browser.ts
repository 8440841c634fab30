/** Light or dark: as the machine says, or as the person chose. */

const KEY = "etude-theme";

export function showTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen === null) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
  dispatchEvent(new Event("themechange"));
}

export function nextTheme(): void {
  const isDark =
    (localStorage.getItem(KEY) ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  localStorage.setItem(KEY, isDark ? "light" : "dark");
  showTheme();
}
