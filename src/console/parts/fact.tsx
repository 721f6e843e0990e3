import type { ComponentChildren } from "preact";

/** A name and its value, in a `<dl class="facts">`. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt dir="auto">{name}</dt>
      <dd class="number" dir="auto">
        {children}
      </dd>
    </div>
  );
}
