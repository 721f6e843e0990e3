import type { VNode } from "preact";
import { ErrorBoundary, lazy, LocationProvider, Route, Router } from "preact-iso";
import { base } from "./api/client.ts";
import { Layout } from "./parts/layout.tsx";
import { NotFound, Outdated } from "./parts/states.tsx";
import { viewPaths } from "./state/url.ts";
import { TryIt } from "./views/try-it/try-it.tsx";

const SongView = view(async () => (await import("./views/song/song.tsx")).SongView);
const Models = view(async () => (await import("./views/models/models.tsx")).Models);
const Training = view(async () => (await import("./views/training/training.tsx")).Training);
const StatusView = view(async () => (await import("./views/status/status.tsx")).StatusView);

/** A view that is loaded when it is needed. */
function view(load: () => Promise<() => VNode>) {
  return lazy(() => load().catch(() => Outdated));
}

export function App() {
  const path = (view: keyof typeof viewPaths) => `${base.pathname}${viewPaths[view]}`;
  return (
    <LocationProvider>
      <ErrorBoundary>
        <Layout>
          <Router>
            <Route path={path("tryIt")} component={TryIt} />
            <Route path={path("song")} component={SongView} />
            <Route path={path("models")} component={Models} />
            <Route path={path("training")} component={Training} />
            <Route path={path("status")} component={StatusView} />
            <Route default component={NotFound} />
          </Router>
        </Layout>
      </ErrorBoundary>
    </LocationProvider>
  );
}
