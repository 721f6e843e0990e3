import { type PqCodes, type ModelMemory, subvectorSize, type Quantised, type Slot } from "../../model/memory/layout.ts";
import { quantiseToInt16, quantiseToUint7 } from "./quantise-query.ts";
import type { SlotQuery } from "./searchable.ts";
import type { Kernel } from "./scan.ts";

type QuantisedModel = Pick<ModelMemory, "quantised" | "stride">;

/** Rows that all queries are asked about while they are in the cache; whole blocks of codes. */
export const rowsPerBlock = 512;

/**
 * How far above its estimate a score is looked for, in standard deviations of estimates: none of the ten best songs is lost then, see
 * `npm run bench:recall`. With 2.5, one in some thousands of the 100 best was.
 */
const marginDeviations = 3.5;
/** The share of the oversampled songs that there have to be estimates for: what is near them is mostly more than all of them. */
const estimateOversampling = 1 / 3;
/** Songs of the catalogue for each that is listed for: with fewer all bytes are as soon looked at. */
const minSongsPerEstimate = 300;

/** Scores of some rows in a line by the vectors in bytes, into `slot.scores`. @param unit what 1 in the slot's whole numbers stands for */
export function scanInt8(
  { quantised, stride }: QuantisedModel,
  kernel: Kernel,
  matrix: "input" | "output",
  { queryInt16, scores }: Slot,
  row: number,
  rows: number,
  unit: number,
): void {
  const { values, factors } = quantised[matrix];
  kernel.scanQuantised(
    values.byteOffset + row * stride,
    factors.byteOffset + row * 4,
    rows,
    stride,
    queryInt16.byteOffset,
    unit,
    scores.byteOffset + row * 4,
  );
}

/** Whether the rows of a matrix have codes, so that a scan looks at the bytes of few of them. */
export function hasPqCodes({ codes }: Quantised): boolean {
  return codes !== null && Atomics.load(codes.ready, 0) === 1;
}

/** The more songs are asked for, the more rows come near them. */
function usesPqCodes(quantised: Quantised, query: SlotQuery): boolean {
  return hasPqCodes(quantised) && estimateCapacityOf(query) * minSongsPerEstimate <= quantised.factors.length;
}

function estimateCapacityOf({ k, oversampling = 0 }: SlotQuery): number {
  return k + Math.ceil(oversampling * estimateOversampling);
}

/** One query's part of a pass. */
interface CandidateScan {
  /** Looks at some rows, whole blocks of codes but for the last one. */
  scanRows(row: number, rows: number): void;
  /** Once all were looked at: how many pairs of score and row are in the heap. */
  finish(): number;
}

/**
 * Puts the k best songs of each query, and the oversampled ones, into the heap of its slot, or nearly those: by the vectors in bytes, and the query in seven
 * bits or, where there are codes, in whole numbers. One pass over the rows answers all queries.
 *
 * @param first, end the rows that are looked at, all by default; the first is the first of a block of codes
 * @returns how many pairs of score and row are in each heap, in no order
 */
export function scanForCandidates(
  model: QuantisedModel,
  kernel: Kernel,
  matrix: "input" | "output",
  queries: readonly SlotQuery[],
  first = 0,
  end = model.quantised[matrix].factors.length,
): number[] {
  const quantised = model.quantised[matrix];
  const scans = queries.map((query) =>
    (usesPqCodes(quantised, query) ? createPqScan : createInt8Scan)(quantised, model.stride, kernel, query),
  );
  for (let row = first; row < end; row += rowsPerBlock) {
    for (const { scanRows } of scans) scanRows(row, Math.min(rowsPerBlock, end - row));
  }
  return scans.map(({ finish }) => finish());
}

function createInt8Scan(
  { values, factors, sums }: Quantised,
  stride: number,
  kernel: Kernel,
  { slot, k, oversampling = 0 }: SlotQuery,
): CandidateScan {
  const capacity = Math.min(factors.length, k + oversampling);
  const { queryUint7, excluded, heap } = slot;
  const unit = quantiseToUint7(slot);
  let size = 0;
  return {
    scanRows(row, rows) {
      size = kernel.nearestQuantised(
        values.byteOffset + row * stride,
        factors.byteOffset + row * 4,
        sums.byteOffset + row * 4,
        row,
        rows,
        stride,
        queryUint7.byteOffset,
        unit,
        excluded.byteOffset,
        heap.byteOffset,
        size,
        capacity,
      );
    },
    finish: () => size,
  };
}

function createPqScan(
  { values, factors, codes }: Quantised,
  stride: number,
  kernel: Kernel,
  slotQuery: SlotQuery,
): CandidateScan {
  const { slot, k, oversampling = 0 } = slotQuery;
  const capacity = Math.min(factors.length, k + oversampling);
  const estimateCapacity = estimateCapacityOf(slotQuery);
  const { query, queryInt16, centroidProducts, lookupTable, branchScores, progress, excluded, heap } = slot;
  const { bytes: codeBytes, scales, codebook, errorDeviation } = codes as PqCodes;
  const tableUnit = kernel.fillLookupTable(
    codebook.byteOffset,
    stride,
    query.byteOffset,
    centroidProducts.byteOffset,
    lookupTable.byteOffset,
  );
  const least = centroidProducts[0] as number;
  let squares = 0;
  for (let i = 0; i < query.length; i++) squares += (query[i] as number) ** 2;
  const margin = marginDeviations * (errorDeviation[0] as number) * Math.sqrt(squares);
  progress.fill(0);
  return {
    scanRows(row, rows) {
      kernel.listCandidates(
        codeBytes.byteOffset + (row * stride) / (2 * subvectorSize),
        scales.byteOffset + row * 4,
        lookupTable.byteOffset,
        tableUnit,
        least,
        margin,
        row,
        rows,
        stride,
        excluded.byteOffset,
        heap.byteOffset,
        estimateCapacity,
        branchScores.byteOffset,
        progress.byteOffset,
        centroidProducts.byteOffset,
      );
    },
    finish: () =>
      kernel.scoreCandidates(
        branchScores.byteOffset,
        progress.byteOffset,
        heap.byteOffset,
        estimateCapacity,
        capacity,
        values.byteOffset,
        factors.byteOffset,
        stride,
        queryInt16.byteOffset,
        quantiseToInt16(slot),
      ),
  };
}
