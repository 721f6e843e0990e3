import { useState } from "preact/hooks";
import { base } from "../../api/client.ts";
import { save } from "../../api/download.ts";
import type { RecommendationRequest, Recommendations } from "../../api/schema.ts";
import { apiKey } from "../../api/session.ts";
import { t } from "../../texts/texts.ts";

/** Buttons that copy the request as curl, the response as JSON, or save the songs as M3U. */
export function Copy({ request, result }: { request: RecommendationRequest; result: Recommendations }) {
  const [copied, setCopied] = useState("");
  const copy = async (name: string, text: string) => {
    await toClipboard(text);
    setCopied(name);
    setTimeout(() => setCopied(""), 2000);
  };
  const label = (name: string, text: string) => (copied === name ? t("copied") : text);
  return (
    <div class="row" role="group" aria-label={t("try.copy")}>
      <button class="button quiet" type="button" onClick={() => void copy("curl", toCurl(request))}>
        {label("curl", t("try.copyCurl"))}
      </button>
      <button
        class="button quiet"
        type="button"
        onClick={() => void copy("json", JSON.stringify(result, undefined, 2))}
      >
        {label("json", t("try.copyJson"))}
      </button>
      <button
        class="button quiet"
        type="button"
        onClick={() => save(new Blob([toM3u(result)], { type: "audio/x-mpegurl" }), "song2vec.m3u8")}
      >
        {t("try.saveM3u")}
      </button>
    </div>
  );
}

/** The command names the key as a variable of the shell, never its value. */
function toCurl(request: RecommendationRequest): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl ${quote(new URL("v1/recommendations", base).href)}`,
    ...(apiKey.value === "" ? [] : [`-H "authorization: Bearer $SONG2VEC_KEY"`]),
    `-H 'content-type: application/json'`,
    `-d ${quote(JSON.stringify(request))}`,
  ].join(" \\\n  ");
}

function toM3u({ items }: Recommendations): string {
  const oneLine = (text: string) => text.replace(/\s+/g, " ");
  const lines = items.flatMap(({ songId, title, artist }) => [
    `#EXTINF:-1,${oneLine([artist, title ?? songId].filter(Boolean).join(" - "))}`,
    oneLine(songId),
  ]);
  return `${["#EXTM3U", ...lines].join("\n")}\n`;
}

/** The clipboard needs HTTPS or this machine; elsewhere a selection is copied. */
async function toClipboard(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
