import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/client.ts";
import { linkTo } from "../state/url.ts";
import { findText, t } from "../texts/texts.ts";

/** Nothing to show yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Lines in place of a list that is loading, of the same height. */
export function Loading({ lines = 5 }: { lines?: number }) {
  return (
    <ul class="list" aria-busy="true" aria-label={t("loading")}>
      {Array.from({ length: lines }, (_, i) => (
        <li key={i}>
          <div class="song">
            <span />
            <span class="skeleton" />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** An error in words: what happened, what to do, and the code. */
export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  const { code, detail, status, errors = [] } = error.problem;
  return (
    <div class="notice bad" role="alert">
      <strong>{findText(`error.${code}`) ?? t("error.unknown")}</strong>
      {detail && errors.length === 0 && <p>{detail}</p>}
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, message }) => (
            <li key={path}>
              {path !== "" && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <code>{code}</code>
        {retry && status !== 404 && (
          <button class="button" type="button" onClick={retry}>
            {t("retry")}
          </button>
        )}
      </div>
    </div>
  );
}

export function NotFound() {
  return (
    <Empty title={t("notFound")}>
      <a href={linkTo("tryIt")}>{t("nav.tryIt")}</a>
    </Empty>
  );
}

/** A part of the page that cannot be loaded, because the service has a newer one by now. */
export function Outdated() {
  return (
    <Empty title={t("outdated")}>
      <button class="button primary" type="button" onClick={() => location.reload()}>
        {t("reload")}
      </button>
    </Empty>
  );
}
