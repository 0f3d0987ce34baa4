// Writes the files of the page: into hubocr/ui/static, or into the folder that is named.
import { build } from "esbuild";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "hubocr", "ui", "static");
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [
    { in: join(here, "src", "main.tsx"), out: "app" },
    { in: join(here, "src", "styles", "app.css"), out: "app" },
  ],
  outdir: out,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", name), join(out, name));
