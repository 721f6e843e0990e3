/** Roles of API keys. Each role includes those before it. */
export const roles = ["reader", "writer", "admin"] as const;
export type Role = (typeof roles)[number];
