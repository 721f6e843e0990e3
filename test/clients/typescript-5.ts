import { registerHooks } from "node:module";

/** TypeScript 5, which @hey-api/openapi-ts needs: it would import TypeScript 7 from the root of the workspace. */
const typescript = import.meta.resolve("typescript");

registerHooks({
  resolve: (specifier, context, next) => next(specifier === "typescript" ? typescript : specifier, context),
});
