// Rules that find mistakes; the layout of the code is no matter of theirs.
const browser = [
  "Blob", "DecompressionStream", "ResizeObserver", "TextDecoder", "URL", "URLSearchParams", "addEventListener",
  "atob", "clearTimeout", "devicePixelRatio", "document", "getComputedStyle", "history", "location", "matchMedia",
  "open", "performance", "requestAnimationFrame", "setTimeout",
];

export default [
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: Object.fromEntries(browser.map(name => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: Object.fromEntries([
      "array-callback-return", "constructor-super", "eqeqeq", "for-direction", "getter-return", "no-async-promise-executor",
      "no-const-assign", "no-constant-condition", "no-dupe-args", "no-dupe-else-if", "no-dupe-keys", "no-duplicate-case",
      "no-duplicate-imports", "no-empty-pattern", "no-eval", "no-ex-assign", "no-fallthrough", "no-func-assign", "no-implicit-globals",
      "no-implied-eval", "no-import-assign", "no-loss-of-precision", "no-new-func", "no-redeclare", "no-script-url",
      "no-self-assign", "no-self-compare", "no-shadow", "no-sparse-arrays", "no-this-before-super", "no-undef",
      "no-unmodified-loop-condition", "no-unreachable", "no-unsafe-finally", "no-unsafe-negation", "no-unused-vars",
      "no-use-before-define", "no-var", "prefer-const", "use-isnan", "valid-typeof",
    ].map(rule => [rule, rule === "no-use-before-define" ? ["error", { functions: false, variables: false }] : "error"])),
  },
];
