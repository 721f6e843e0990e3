import { ErrorBoundary, lazy, LocationProvider, Route, Router } from "preact-iso";
import { base } from "./api/client.ts";
import { Layout } from "./parts/layout.tsx";
import { NotFound } from "./parts/states.tsx";
import { viewPaths } from "./state/url.ts";
import { TryIt } from "./views/try-it/try-it.tsx";

const SongView = lazy(async () => (await import("./views/song/song.tsx")).SongView);
const Models = lazy(async () => (await import("./views/models/models.tsx")).Models);
const Training = lazy(async () => (await import("./views/training/training.tsx")).Training);
const StatusView = lazy(async () => (await import("./views/status/status.tsx")).StatusView);

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
