import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { base } from "../api/client.ts";
import icon from "../icon.svg";
import { access } from "../api/session.ts";
import { status, statusError, watchStatus } from "../state/status.ts";
import { linkTo, type View, viewPaths } from "../state/url.ts";
import { t } from "../texts/texts.ts";
import { KeyForm } from "./key-form.tsx";
import { Problem } from "./states.tsx";

const views: readonly View[] = ["tryIt", "song", "models", "training", "status"];

/** The frame of every view: navigation, and the key where one is needed. */
export function Layout({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const current = views.find((view) => path === `${base.pathname}${viewPaths[view]}`);
  useEffect(() => {
    document.title = current ? `${t(`nav.${current}`)} · song2vec` : "song2vec";
  }, [current]);
  const needsKey = access.value === "needed" || access.value === "wrong";
  return (
    <>
      <a class="skip" href="#main">
        {t("nav.skip")}
      </a>
      <header class="top">
        <div class="top-inner">
          <a class="brand" href={linkTo("tryIt")}>
            <img src={icon} alt="" />
            song2vec
          </a>
          <nav class="nav" aria-label={t("nav.label")}>
            {views.map((view) => (
              <a key={view} href={linkTo(view)} aria-current={view === current ? "page" : undefined}>
                {t(`nav.${view}`)}
              </a>
            ))}
          </nav>
          <ActiveVersion />
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {needsKey ? (
          <KeyForm isWrong={access.value === "wrong"} />
        ) : (
          <>
            {statusError.value && <Problem error={statusError.value} retry={() => void watchStatus()} />}
            {children}
          </>
        )}
      </main>
    </>
  );
}

function ActiveVersion() {
  const model = status.value?.model;
  if (!model) return null;
  return (
    <a class="badge accent" href={linkTo("models")}>
      {model.sample ? t("model.sample") : t("model.version", { version: model.version })}
    </a>
  );
}
