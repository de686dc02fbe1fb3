import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const root = import.meta.dirname;
const features = readdirSync(`${root}/src`).includes("features")
  ? readdirSync(`${root}/src/features`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  : [];

/** `target` may not import from `from`, except what `except` names. */
const zone = (target, from, message, except = []) => ({
  target: `${root}/src/${target}`,
  from: `${root}/src/${from}`,
  except,
  message,
});

/** The rooms of crypto/, from the ground up (docs/architecture.md): none imports from one above it. */
const vault = [
  "types",
  "primitives",
  "mls",
  "statements",
  "store",
  "files",
  "conversation",
  "people",
  "account",
  "resending",
  "log",
  "membership",
  "sending",
  "healing",
];

const zones = [
  ...vault.flatMap((room, floor) =>
    vault
      .slice(floor + 1)
      .map((above) => zone(`crypto/${room}`, `crypto/${above}`, `crypto/${room}/ is below crypto/${above}/.`)),
  ),
  ...["app", "features", "components", "realtime", "api", "lib"].map((room) =>
    zone(room, "crypto", "Only crypto/client.ts is imported from outside crypto/.", ["./client.ts"]),
  ),
  ...["app", "features", "components", "realtime", "api"].map((room) =>
    zone("crypto", room, "crypto/ knows no network and no user interface."),
  ),
  ...["app", "features", "components", "realtime", "api", "crypto"].map((room) =>
    zone("lib", room, "lib/ is below everything."),
  ),
  ...["app", "features", "components"].map((room) => zone("realtime", room, "realtime/ is below the user interface.")),
  ...["app", "features", "components", "realtime"].map((room) => zone("api", room, "api/ is below realtime/.")),
  ...["app", "features", "realtime", "api"].map((room) => zone("components", room, "components/ are plain.")),
  ...features.flatMap(({ name }) => [
    zone(`features/${name}`, "features", "No feature imports a feature.", [`./${name}`]),
    zone(`features/${name}`, "app/router.tsx", "Features do not know the router's table."),
  ]),
];

export default tseslint.config(
  { ignores: ["dist", "coverage", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "scripts/*.js"] },
        tsconfigRootDir: root,
      },
    },
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver()],
      // Without it cycles between TypeScript files are not looked for.
      "import-x/extensions": [".ts", ".tsx"],
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "import-x/no-cycle": "error",
      "import-x/no-extraneous-dependencies": [
        "error",
        {
          devDependencies: ["**/*.test.{ts,tsx}", "src/testing/**", "src/crypto/testing/**", "*.{ts,js}", "scripts/**"],
        },
      ],
      "import-x/no-restricted-paths": ["error", { zones }],
      "no-console": "error",
      "no-restricted-imports": [
        "error",
        {
          paths: [
            {
              name: "ts-mls",
              importNames: ["defaultAuthenticationService", "acceptAll", "processMessage", "defaultClientConfig"],
              message:
                "It accepts everybody, or drops PSKs (PROTOCOL.md 6.6): use crypto/mls/policy.ts and processPrivateMessage.",
            },
          ],
          patterns: [
            {
              group: ["ts-mls/clientConfig.js", "ts-mls/authenticationService.js", "ts-mls/incomingMessageAction.js"],
              message: "Its defaults accept everybody: use crypto/mls/policy.ts.",
            },
          ],
        },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["src/**/*.test.{ts,tsx}", "src/testing/**", "src/crypto/testing/**"],
    rules: { "no-restricted-imports": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["*.js", "scripts/*.js"], ...tseslint.configs.disableTypeChecked },
  { files: ["scripts/*.js"], languageOptions: { globals: globals.node } },
);
