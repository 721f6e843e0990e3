/** Milliseconds in which work and rest take turns once. */
const period = 40;
const whole = 1000;

/** For which part of the time threads work that have this in common: all of them at once, so that nothing disturbs others for the rest of it. */
export type Duty = Int32Array<SharedArrayBuffer>;

/** All of the time, at first. */
export function createDuty(): Duty {
  const duty = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setDuty(duty, 1);
  return duty;
}

/** @param share 0 to 1; with 0 a step is made in each period all the same */
export function setDuty(duty: Duty, share: number): void {
  Atomics.store(duty, 0, Math.round(whole * share));
  Atomics.notify(duty, 0);
}

export function dutyOf(duty: Duty): number {
  return Atomics.load(duty, 0) / whole;
}

/** Between two steps of work, which take milliseconds: holds this thread up until the next period where its time in this one is over, or until the share changes. */
export function restInTurn(duty: Duty): void {
  const share = Atomics.load(duty, 0);
  const passed = (performance.timeOrigin + performance.now()) % period; // the same on all threads
  if (passed * whole >= share * period) Atomics.wait(duty, 0, share, period - passed);
}
